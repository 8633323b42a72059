// Package pki makes certificate authorities and certificates for tests.
package pki
