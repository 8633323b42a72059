package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// ask is what the simplest client does: it connects, asks who is master, and closes.
func ask(ctx context.Context, address, master string) error {
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("connect: %w", cause(err))
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(clientTimeout))
	request := fmt.Sprintf("*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$%d\r\n%s\r\n", len(master), master)
	if _, err := conn.Write([]byte(request)); err != nil {
		return fmt.Errorf("ask: %w", cause(err))
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return fmt.Errorf("answer: %w", cause(err))
	}
	if strings.TrimSpace(line) != "*2" {
		return fmt.Errorf("answer: %q", strings.TrimSpace(line))
	}
	return nil
}

// cause is an error without its ports, so that equal ones count as one.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}
