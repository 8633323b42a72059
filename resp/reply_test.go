package resp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReply(t *testing.T) {
	for _, test := range []struct {
		name         string
		reply        Reply
		resp2, resp3 string
	}{
		{"nothing", None, "", ""},
		{"status", OK, "+OK\r\n", "+OK\r\n"},
		{"error in one line", Error("ERR a\r\nb"), "-ERR a  b\r\n", "-ERR a  b\r\n"},
		{"integer", Integer(-3), ":-3\r\n", ":-3\r\n"},
		{"string", Bulk("a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"number as a string", BulkInteger(6379), "$4\r\n6379\r\n", "$4\r\n6379\r\n"},
		{"text", Verbatim("hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"no string", Null, "$-1\r\n", "_\r\n"},
		{"no list", NullArray, "*-1\r\n", "_\r\n"},
		{"list", Bulks("a", "b"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n"},
		{"lines", Simples("a"), "*1\r\n+a\r\n", "*1\r\n+a\r\n"},
		{"map", Map(Bulk("a"), Integer(1)), "*2\r\n$1\r\na\r\n:1\r\n", "%1\r\n$1\r\na\r\n:1\r\n"},
		{"set", Set(Bulk("a")), "*1\r\n$1\r\na\r\n", "~1\r\n$1\r\na\r\n"},
		{"push", Push(Bulk("a")), "*1\r\n$1\r\na\r\n", ">1\r\n$1\r\na\r\n"},
		{"address", Address("127.0.0.1", 6379), "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n", "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"},
		{"written", written1, "*1\r\n*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$2\r\n-5\r\n", "*1\r\n%2\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$2\r\n-5\r\n"},
		{"nested", Array(Map(), Array()), "*2\r\n*0\r\n*0\r\n", "*2\r\n%0\r\n*0\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			have := []string{string(test.reply.Append(nil, RESP2)), string(test.reply.Append(nil, RESP3))}
			if diff := cmp.Diff([]string{test.resp2, test.resp3}, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

var written1 = Written(func(b []byte, proto int) []byte {
	f := AppendFields(AppendArray(b, 1), proto)
	f.Text(NewField("a"), "b")
	f.Number(NewField("c"), -5)
	return f.End()
})

// TestFields compares with the same map as a value: its header may have any length.
func TestFields(t *testing.T) {
	for _, size := range []int{0, 1, 4, 5, 9, 10, 49, 50, 99, 100, 600} {
		for _, proto := range []int{RESP2, RESP3} {
			var pairs []Reply
			f := AppendFields([]byte("before"), proto)
			for i := range size {
				name := strings.Repeat("n", i)
				pairs = append(pairs, Bulk(name), BulkInteger(int64(i)))
				f.Number(NewField(name), int64(i))
			}
			if diff := cmp.Diff(string(Map(pairs...).Append([]byte("before"), proto)), string(f.End())); diff != "" {
				t.Errorf("%d fields, RESP%d (-want +have):\n%s", size, proto, diff)
			}
		}
	}
}

func TestParseInteger(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "7": 7, "-1": -1, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63,
	} {
		if have, ok := ParseInteger([]byte(text)); !ok || have != want {
			t.Errorf("ParseInteger(%q) = %d, %v", text, have, ok)
		}
	}
	for _, text := range []string{"", "-", "+1", "01", "-0", "1 ", "a", "9223372036854775808", "-9223372036854775809", "99999999999999999999"} {
		if have, ok := ParseInteger([]byte(text)); ok {
			t.Errorf("ParseInteger(%q) = %d", text, have)
		}
	}
}
