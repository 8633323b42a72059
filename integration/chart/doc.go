// Package chart tests what Helm makes of the chart redis-cache, without a cluster:
// which objects, with which selectors and arguments, and which values are refused. A real API
// server is asked whether it would take them, and a real Redis what the scripts in them say of
// it. That the objects work is for package cluster to show.
package chart
