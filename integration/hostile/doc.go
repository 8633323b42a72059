// Package hostile is what the service meets of bad will, or of bad luck that looks the same.
// A Redis that is none, behind the right labels, is StartRedis with one of RedisAttacks.
// Each attack has a name, so that a test that fails names what got through.
//
// It speaks the bare protocols and knows nothing of how the service defends itself: what an
// attack must not achieve (memory, time, a broken record) is measured by who uses it.
package hostile
