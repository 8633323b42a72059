package hostile

import (
	"strings"
	"time"
)

// RedisAttack is one thing that a Redis can do to who asks it. In all else it is an honest
// master without replicas.
type RedisAttack struct {
	// Name is short, for a test's name; About says what is tried.
	Name, About string

	on     string            // the question that is answered so: its command and first word
	reply  answer            // in place of the honest one
	fields map[string]string // of INFO, in place of the honest ones
	lines  answer            // in INFO's section replication, behind the honest ones
	pause  time.Duration     // after each byte of reply
}

const (
	// very is how often something deep or wide is repeated: past the end of Go's stack.
	very = 4 << 20
	// long is for a field: more than a record in Kubernetes can hold.
	long = 300_000
)

// RedisAttacks are all, those on the first reading of a process last.
func RedisAttacks() []RedisAttack {
	return append(append(onReader(), onTime()...), onReading()...)
}

// onReader are those on the reader of replies: HELLO is the first that it is asked, before
// anything is known of who answers.
func onReader() []RedisAttack {
	return []RedisAttack{
		{Name: "nested maps", About: "maps in maps, each with room for a million", on: "HELLO", reply: answer{{"%1048576\r\n$1\r\na\r\n", 5}}},
		{Name: "nested arrays", About: "arrays in arrays, each with room for a million", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n"), {"*1048576\r\n", 5}}},
		{Name: "deep arrays", About: "arrays in arrays until the stack ends", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n"), {"*1\r\n", very}}},
		{Name: "deep sets", About: "the same with sets", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n"), {"~1\r\n", very}}},
		{Name: "attributes", About: "what stands before a reply, without end", on: "HELLO", reply: answer{{"|1\r\n+a\r\n+b\r\n", very}}},
		{Name: "deep attributes", About: "attributes in attributes", on: "HELLO", reply: answer{{"|1\r\n", very}}},
		{Name: "push", About: "a message that nobody subscribed to, with room for a million", on: "HELLO", reply: answer{once(">1048576\r\n$1\r\na\r\n")}},
		{Name: "wide array", About: "a million empty arrays", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n*1048576\r\n"), {"*0\r\n", 1 << 20}}},
		{Name: "wide rows", About: "a thousand arrays of a thousand", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n*1000\r\n"), {"*1000\r\n", 1}, {"$-1\r\n", 1000 * 1000}}},
		{Name: "absurd length", About: "a text longer than any memory", on: "HELLO", reply: answer{once("$9223372036854775807\r\n")}},
		{Name: "announced text", About: "32 MiB that never come", on: "HELLO", reply: answer{once("*2\r\n$33554432\r\n")}},
		{Name: "streamed", About: "a text and a map of unknown length", on: "HELLO", reply: answer{once("%?\r\n$?\r\n"), {";1048576\r\n", 64}}},
		{Name: "long number", About: "a number of a million digits", on: "HELLO", reply: answer{once("*2\r\n$1\r\na\r\n("), {"9", 1 << 20}, once("\r\n")}},
		{Name: "endless line", About: "a word without end", on: "HELLO", reply: answer{once("+"), {"a", 64 << 20}}},
		{Name: "long refusal", About: "an error of 60 kB", on: "MULTI", reply: answer{once("-ERR "), {"a", 60_000}, once("\r\n")}},
		{Name: "many answers", About: "a hundred thousand answers to one question", on: "HELLO", reply: answer{{"+OK\r\n", 100_000}}},
		{Name: "long list of clients", About: "CLIENT LIST of 32 MiB", on: "CLIENT LIST", reply: bulk(part{"id=7 addr=10.0.0.1:1 name=app db=0 age=1 user=default\n", 32 << 20 / 56})},
		{Name: "long client", About: "a client with a name of 32 MiB", on: "CLIENT LIST", reply: bulk(once("id=7 name=ctl-1."), part{"a", 32 << 20}, once("\n"))},
		{Name: "many older leaders", About: "CLIENT LIST names half a million connections to end", on: "CLIENT LIST", reply: bulk(part{"id=7 addr=10.0.0.1:1 name=ctl-1.1 db=0 user=default\n", 32 << 20 / 54})},
	}
}

// onTime are those on the patience of who asks.
func onTime() []RedisAttack {
	return []RedisAttack{
		{Name: "mute", About: "PING is never answered", on: "PING", reply: answer{}},
		{Name: "dripping", About: "PING is answered a byte at a time, without end", on: "PING", reply: answer{once("+"), {"P", very}}, pause: 20 * time.Millisecond},
		{Name: "flood", About: "PING is answered a million times", on: "PING", reply: answer{{"+PONG\r\n", 1 << 20}}},
	}
}

// onReading are those on what is read of a process, and kept, shown and written down.
func onReading() []RedisAttack {
	text := strings.Repeat("0123456789abcdef", long/16)
	return []RedisAttack{
		{Name: "long INFO", About: "INFO of 32 MiB", on: "INFO server", reply: bulk(part{"a:0123456789ab\r\n", 32 << 20 / 16})},
		{Name: "announced INFO", About: "INFO of 32 MiB that never come", on: "INFO server", reply: answer{once("$33554432\r\n")}},
		{Name: "INFO of a megabyte", About: "as much as may be read, of which little may be kept", lines: answer{{"a:0123456789ab\r\n", 900_000 / 16}}},
		{Name: "many replicas", About: "as many as a text can list", fields: map[string]string{"connected_slaves": "9999999"}, lines: answer{{"slave1:ip=10.0.0.1,port=6379,state=online,offset=1,lag=0\r\n", 15_000}}},
		{Name: "long run id", About: "a run id of 300 kB", fields: map[string]string{"run_id": text}},
		{Name: "short run id", About: "a run id that is none", fields: map[string]string{"run_id": "a"}},
		{Name: "long replication id", About: "a replication id of 300 kB", fields: map[string]string{"master_replid": text}},
		{Name: "long second replication id", About: "a second replication id of 300 kB", fields: map[string]string{"master_replid2": text}},
		{Name: "long version", About: "a version of 300 kB", fields: map[string]string{"redis_version": text}},
		{Name: "long host", About: "a master's name of 300 kB", fields: map[string]string{"role": "slave", "master_host": text}},
		{Name: "long replica", About: "a replica's name of 300 kB", fields: map[string]string{"connected_slaves": "1"}, lines: answer{once("slave0:ip=" + text + ",port=6379,state=online,offset=1,lag=0\r\n")}},
		{Name: "long role", About: "a role of 300 kB", fields: map[string]string{"role": text}},
		{Name: "negative offset", About: "less than nothing", fields: map[string]string{"master_repl_offset": "-9223372036854775808"}},
		{Name: "long offset", About: "more than a number can be", fields: map[string]string{"master_repl_offset": text}},
		{Name: "negative keys", About: "keys that add up to less than nothing", fields: map[string]string{"db0": "keys=9223372036854775807", "db1": "keys=9223372036854775807"}},
	}
}
