package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// replica is one replica of the service: a process that can be killed and started
// again in its place.
type replica struct {
	binary string
	flags  []string
	addr   string // for clients
	http   string // for metrics
	log    string
	*process.Process
}

func (r *replica) start() error {
	out, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close() // the process has it by then
	r.Process, err = process.Start(process.Spec{Path: r.binary, Args: r.flags, Out: out})
	return err
}

// end stops the process and waits until it is gone.
func (r *replica) end(how syscall.Signal) error {
	if how == syscall.SIGTERM {
		return end(r.Process)
	}
	err := r.Signal(how)
	<-r.Done()
	return err
}

// gone tells that the process has ended.
func (r *replica) gone() bool {
	select {
	case <-r.Done():
		return true
	default:
		return false
	}
}

// flagOf reads a flag back.
func flagOf(flags []string, name string) string {
	for i := range len(flags) - 1 {
		if flags[i] == "--"+name {
			return flags[i+1]
		}
	}
	return ""
}

func newReplica(o options, flags []string, addr string) *replica {
	name := flagOf(flags, "pod-name")
	return &replica{
		binary: o.service, flags: flags, addr: addr,
		http: "http://" + net.JoinHostPort(flagOf(flags, "http-bind"), flagOf(flags, "http-port")),
		log:  filepath.Join(o.dir, name+".log"),
	}
}

// get asks the HTTP port; an empty text for whatever is not a good answer.
func (r *replica) get(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.http+path, http.NoBody)
	if err != nil {
		return ""
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

// metric is 0 while it cannot be read.
func (r *replica) metric(ctx context.Context, name string) float64 {
	for line := range strings.Lines(r.get(ctx, "/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	return 0
}

func (r *replica) ready(ctx context.Context) bool { return r.get(ctx, "/readyz") != "" }

func (r *replica) leads(ctx context.Context) bool {
	return r.metric(ctx, "redis_sentinel_k8s_leading") == 1
}

// rss is the resident memory in bytes.
func (r *replica) rss() (float64, error) { return memory(r.PID()) }

// cpu is the time that the process has used so far.
func (r *replica) cpu() (time.Duration, error) { return cpuTime(r.PID()) }
