package limits

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Load is how a master is written to, without a pause.
type Load struct {
	Clients  int
	Pipeline int // commands that each client sends before it waits for answers
	Size     int // of the values, in bytes
}

func (l Load) String() string {
	text := fmt.Sprintf("%d clients, values of %d bytes", l.Clients, l.Size)
	if l.Clients == 1 {
		text = fmt.Sprintf("1 client, values of %d bytes", l.Size)
	}
	if l.Pipeline > 1 {
		text += fmt.Sprintf(", pipelines of %d", l.Pipeline)
	}
	return text
}

// noise is what values are cut from: a sync compresses what can be compressed.
var noise = func() []byte {
	random := rand.NewChaCha8([32]byte{})
	all := make([]byte, 4<<20)
	_, _ = random.Read(all)
	return all
}()

// Writing is a load that goes on.
type Writing struct {
	Bytes   atomic.Int64 // of values that were acknowledged
	Refused atomic.Int64 // commands
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

// Write begins to write to random ones of so many keys.
func Write(ctx context.Context, addr string, load Load, keys int64) *Writing {
	ctx, cancel := context.WithCancel(ctx)
	w := &Writing{cancel: cancel}
	for range load.Clients {
		w.wg.Go(func() { w.client(ctx, addr, load, keys) })
	}
	return w
}

// Stop ends it and waits until it has.
func (w *Writing) Stop() {
	w.cancel()
	w.wg.Wait()
}

// client writes until it is told to end, or its server has ended.
func (w *Writing) client(ctx context.Context, addr string, load Load, keys int64) {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	answers := bufio.NewReader(conn)
	var commands []byte
	for {
		commands = commands[:0]
		for range load.Pipeline {
			from := rand.IntN(len(noise) - load.Size)
			commands = fmt.Appendf(commands, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n", rand.Int64N(keys), load.Size)
			commands = append(append(commands, noise[from:from+load.Size]...), "\r\n"...)
		}
		if _, err := conn.Write(commands); err != nil {
			return
		}
		for range load.Pipeline {
			line, err := answers.ReadSlice('\n')
			switch {
			case err != nil:
				return
			case line[0] == '-':
				w.Refused.Add(1)
			default:
				w.Bytes.Add(int64(load.Size))
			}
		}
	}
}
