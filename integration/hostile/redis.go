package hostile

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tidwall/redcon"
)

// Redis listens where a Redis is expected, such as at the address of a pod with the right
// labels, and answers with attacks.
type Redis struct {
	attacks  []RedisAttack
	listener net.Listener
	closed   chan struct{}
	met      atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// StartRedis listens at addr (host:port; port 0 picks one) until Close. Each connection
// meets the next attack, in turn; without any it is an honest master.
func StartRedis(addr string, attacks ...RedisAttack) (*Redis, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("a hostile Redis: %w", err)
	}
	r := &Redis{attacks: attacks, listener: listener, closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	go r.accept()
	return r, nil
}

// Addr is where it listens.
func (r *Redis) Addr() *net.TCPAddr { return r.listener.Addr().(*net.TCPAddr) }

// Met is how many connections there were.
func (r *Redis) Met() int64 { return r.met.Load() }

// Close ends it and all its connections.
func (r *Redis) Close() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed:
	default:
		close(r.closed)
	}
	for conn := range r.conns {
		_ = conn.Close()
	}
}

func (r *Redis) accept() {
	for n := 0; ; n++ {
		var attack RedisAttack
		if len(r.attacks) > 0 {
			attack = r.attacks[n%len(r.attacks)]
		}
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.met.Add(1)
		go func() {
			defer conn.Close()
			if r.has(conn, true) {
				(&session{attack: attack, conn: conn}).serve()
			}
			r.has(conn, false)
		}()
	}
}

// has notes that a connection came or went; false when all is over.
func (r *Redis) has(conn net.Conn, open bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed:
		return false
	default:
	}
	if open {
		r.conns[conn] = true
	} else {
		delete(r.conns, conn)
	}
	return true
}

// session is one connection to it.
type session struct {
	attack RedisAttack
	conn   net.Conn
	multi  bool
	queued []string
}

func (s *session) serve() {
	for questions := redcon.NewReader(s.conn); ; {
		question, err := questions.ReadCommand()
		if err != nil || s.answer(words(question.Args)) != nil {
			return
		}
	}
}

// words are the command and its first word, as RedisAttack.on has them.
func words(args [][]byte) string {
	if len(args) == 0 {
		return ""
	}
	name := strings.ToUpper(string(args[0]))
	switch {
	case len(args) == 1 || name != "CLIENT" && name != "INFO":
		return name
	case name == "INFO":
		return name + " " + strings.ToLower(string(args[1]))
	}
	return name + " " + strings.ToUpper(string(args[1]))
}

// answer says what a transaction makes of a question.
func (s *session) answer(question string) error {
	switch {
	case question == "EXEC":
		return s.exec()
	case question == "MULTI":
		s.multi, s.queued = true, nil
	case s.multi:
		s.queued = append(s.queued, question)
		return s.say("+QUEUED\r\n")
	}
	return s.reply(question)
}

func (s *session) exec() error {
	s.multi = false
	if s.attack.on == "EXEC" {
		return s.reply("EXEC")
	}
	if err := s.say(fmt.Sprintf("*%d\r\n", len(s.queued))); err != nil {
		return err
	}
	for _, question := range s.queued {
		if err := s.reply(question); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) reply(question string) error {
	if question == s.attack.on {
		return s.attack.reply.writeTo(s.conn, s.attack.pause)
	}
	return s.honest(question)
}

func (s *session) say(text string) error {
	_, err := io.WriteString(s.conn, text)
	return err
}

// honest answers as a Redis does.
func (s *session) honest(question string) error {
	switch section, info := strings.CutPrefix(question, "INFO "); {
	case info:
		return s.info(section)
	case question == "PING":
		return s.say("+PONG\r\n")
	case question == "HELLO":
		return s.say("*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n" +
			"$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n")
	case question == "CLIENT LIST":
		return s.say("$0\r\n\r\n")
	case question == "CLIENT KILL":
		return s.say(":0\r\n")
	}
	return s.say("+OK\r\n")
}

// sections are those of INFO that matter.
var sections = map[string]map[string]string{
	"server": {"redis_version": "7.0.15", "run_id": "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"},
	"replication": {
		"role": "master", "connected_slaves": "0", "master_replid": "0ddba110ddba110ddba110ddba110ddba110ddba",
		"master_replid2": "0000000000000000000000000000000000000000", "master_repl_offset": "14", "second_repl_offset": "-1",
		"master_host": "", "master_port": "6379", "master_link_status": "up",
	},
	"persistence": {"loading": "0", "async_loading": "0"},
	"keyspace":    {"db0": "keys=0", "db1": "keys=0"},
	"stats":       {"sync_full": "0"},
	"memory":      {"used_memory_rss": "1048576"},
}

// info gives one section, with the attack's fields and lines.
func (s *session) info(section string) error {
	var lines []part
	for _, name := range slices.Sorted(maps.Keys(sections[section])) {
		value := sections[section][name]
		if told, is := s.attack.fields[name]; is {
			value = told
		}
		lines = append(lines, once(name), once(":"), once(value), once("\r\n"))
	}
	if section == "replication" {
		lines = append(lines, s.attack.lines...)
	}
	return bulk(lines...).writeTo(s.conn, 0)
}
