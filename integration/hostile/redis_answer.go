package hostile

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"
)

// answer is a text in which parts are repeated: most attacks are long, and whoever gives
// them in the process that is measured must not need that much.
type answer []part

type part struct {
	text  string
	times int
}

func once(text string) part { return part{text, 1} }

// bulk is a text with its length before it.
func bulk(parts ...part) answer {
	n := 0
	for _, p := range parts {
		n += len(p.text) * p.times
	}
	return slices.Concat(answer{once(fmt.Sprintf("$%d\r\n", n))}, parts, answer{once("\r\n")})
}

// writeTo needs room for a block at most, whatever the length. With pause each byte comes
// alone.
func (a answer) writeTo(w io.Writer, pause time.Duration) error {
	const block = 32 << 10
	for _, p := range a {
		if p.text == "" {
			continue
		}
		text := bytes.Repeat([]byte(p.text), min(p.times, max(1, block/len(p.text))))
		for left := p.times * len(p.text); left > 0; {
			n := min(left, len(text))
			if err := write(w, text[:n], pause); err != nil {
				return err
			}
			left -= n
		}
	}
	return nil
}

func write(w io.Writer, text []byte, pause time.Duration) error {
	if pause == 0 {
		_, err := w.Write(text)
		return err
	}
	for i := range text {
		if _, err := w.Write(text[i : i+1]); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}
