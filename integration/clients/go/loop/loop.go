package loop

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	restart = time.Second           // as a supervisor takes to restart what could not begin
	looks   = 20 * time.Millisecond // how often a held program looks for its release
)

// Client is what a program makes of its library.
type Client struct {
	Set func(key, value string) error
	// Get reads through the library's way to replicas and takes a key that is not there
	// for read. Nil: the library or this mode has no such way.
	Get func(key string) error
}

// Main runs a program for ever. The first argument of the process chooses among the
// modes.
func Main(version string, modes map[string]func(Env) (Client, error)) {
	if len(os.Args) != 2 || modes[os.Args[1]] == nil {
		fail(fmt.Errorf("the one argument is a mode, got %q", os.Args[1:]))
	}
	env, told, err := environment()
	if err != nil {
		fail(err)
	}
	say("version %s", version)
	client := begin(env, modes[os.Args[1]])
	if client.Get == nil {
		told.write(client, nil)
		return
	}
	// Some libraries repeat a read until it succeeds. No write may wait for that.
	written := make(chan string, 1)
	go told.read(client, written)
	told.write(client, written)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// begin makes the client, again and again until it can be made.
func begin(env Env, connect func(Env) (Client, error)) Client {
	for {
		client, err := connect(env)
		if err == nil {
			return client
		}
		say("error 0 %d %s", micros(), line(err))
		time.Sleep(restart)
	}
}

// write passes the key of what was acknowledged on, unless the reader is busy.
func (t told) write(client Client, written chan<- string) {
	for n := 1; ; n++ {
		t.held()
		key := t.name + ":" + strconv.Itoa(n)
		if err := client.Set(key, strconv.Itoa(n)); err != nil {
			say("error %d %d %s", n, micros(), line(err))
		} else {
			say("ok %d %d", n, micros())
			select {
			case written <- key:
			default:
			}
		}
		time.Sleep(t.pause)
	}
}

func (t told) read(client Client, written <-chan string) {
	for key := range written {
		t.held()
		if err := client.Get(key); err != nil {
			say("read-error %d %s", micros(), line(err))
		} else {
			say("read %d", micros())
		}
	}
}

// held waits while the file to hold is there.
func (t told) held() {
	for t.hold != "" {
		if _, err := os.Stat(t.hold); err != nil {
			return
		}
		time.Sleep(looks)
	}
}
