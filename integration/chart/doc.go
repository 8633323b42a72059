// Package chart tests what Helm makes of the chart redis-cache, without a cluster:
// which objects, with which selectors and arguments, and which values are refused.
// That the objects work is for package cluster to show.
package chart
