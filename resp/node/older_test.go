package node

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestClients: each client once, however long the others are, and to the end of the answer.
func TestClients(t *testing.T) {
	line := func(id int, name string) string {
		return fmt.Sprintf("id=%d addr=10.0.0.1:50000 laddr=10.0.0.2:6379 fd=8 name=%s age=1 idle=0 flags=N lib-name=x\n", id, name)
	}
	long := strings.Repeat("x", 3*maxClient)
	for _, c := range []struct {
		name, answer, err string
		want              []string
	}{
		{"none", "$0\r\n\r\n", "", nil},
		{"two", bulk(line(7, "ctl-1.a") + line(8, "")), "", []string{"7 ctl-1.a", "8 "}},
		{"a long one between", bulk(line(7, "a") + line(8, long+" id=1 name=no") + line(9, "b")), "", []string{"7 a", "8 xxxxxxxxx", "9 b"}},
		{"a long rest", bulk(line(7, "a "+long+" id=1 name=no ") + line(9, "b")), "", []string{"7 a", "9 b"}},
		{"without an end", bulk("id=7 name=a"), "", []string{"7 a"}},
		{"no number", bulk("id=x name=a\nid=18446744073709551616 name=a\nname=b id=3\nid=9 x=y name=c\nid=9\n"), "", []string{"9 c"}},
		{"refused", "-NOPERM no\r\n", "client list: NOPERM no", nil},
		{"another form", "+OK\r\n", "not what was asked for", nil},
		{"a long refusal", "-" + strings.Repeat("x", maxLine) + "\r\n", errLongLine.Error(), nil},
		{"too long", "$99999999999\r\n", "announces more", nil},
		{"too short", "$20\r\nid=7 name=a\n", io.EOF.Error(), nil},
		{"a wrong length", "$12\r\nid=7 name=ab\n\r\n", errNoLine.Error(), nil},
		{"more than was asked for", bulk(line(7, "a")) + ":1\r\n", errSurplus.Error(), nil},
	} {
		for _, size := range []int{1, 100, 1 << 20} {
			var got []string
			err := clients(&pieces{text: c.answer, size: size}, func(id uint64, name string) {
				got = append(got, fmt.Sprintf("%d %.9s", id, name))
			})
			if c.err == errSurplus.Error() && size == 1 {
				continue // it has not come yet
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || c.err == "" && !slices.Equal(got, c.want) {
				t.Errorf("%s in pieces of %d: %q, %v; want %q, %s", c.name, size, got, err, c.want, c.err)
			}
		}
	}
}

// FuzzClients: however the list is cut, it is read in the same way; what is kept of a client
// is bounded.
func FuzzClients(f *testing.F) {
	f.Add(bulk("id=7 addr=10.0.0.1:5 name=ctl-1.a age=1\nid=8 addr=10.0.0.1:6 name= age=1\n"), 3)
	for _, answer := range []string{"-NOPERM no\r\n", "$-1\r\n", "$0\r\n\r\n", "$3\r\nid=\r\n", "$99999999999\r\n", "+OK\r\n", "\r\n", bulk("id=1 id=2 name=a name=b"), bulk("\r\n\r\n")} {
		f.Add(answer, 1)
	}
	f.Fuzz(func(t *testing.T, answer string, size int) {
		size = 1 + (size%16+16)%16
		read := func(size int) (got []string, err error) {
			err = clients(&pieces{text: answer, size: size}, func(id uint64, name string) {
				if id == 0 || len(name) > maxClient {
					t.Errorf("client %d with a name of %d bytes", id, len(name))
				}
				got = append(got, fmt.Sprint(id, " ", name))
			})
			return got, err
		}
		whole, err := read(len(answer) + 1)
		cut, cutErr := read(size)
		if !slices.Equal(whole, cut) || (err == nil) != (cutErr == nil) && !errors.Is(err, errSurplus) {
			t.Errorf("whole: %q, %v; in pieces of %d: %q, %v", whole, err, size, cut, cutErr)
		}
	})
}
