package command

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// infoSections in the order of 7.0.
var infoSections = []struct {
	name   string
	append func(*Commands, *resp.Session, *strings.Builder)
}{
	{"server", (*Commands).infoServer},
	{"clients", (*Commands).infoClients},
	{"stats", (*Commands).infoStats},
	{"cpu", (*Commands).infoCPU},
	{"sentinel", (*Commands).infoSentinel},
}

// info renders the sections that are named, all when none is. Unknown names add
// nothing: a Sentinel has no memory, persistence, replication or keyspace section.
func (c *Commands) info(s *resp.Session, args [][]byte) resp.Reply {
	wanted := map[string]bool{}
	all := len(args) == 1
	for _, arg := range args[1:] {
		name := strings.ToLower(string(arg))
		all = all || name == "all" || name == "everything" || name == "default"
		wanted[name] = true
	}
	var text strings.Builder
	for _, section := range infoSections {
		if !all && !wanted[section.name] {
			continue
		}
		if text.Len() > 0 {
			text.WriteString("\r\n")
		}
		section.append(c, s, &text)
	}
	return resp.Bulk(text.String())
}

// lines writes `field:value` lines below a title.
func lines(b *strings.Builder, title string, fields ...any) {
	b.WriteString("# " + title + "\r\n")
	for i := 0; i+1 < len(fields); i += 2 {
		fmt.Fprintf(b, "%s:%v\r\n", fields[i], fields[i+1])
	}
}

// infoServer has every field of a real Sentinel, since scripts read them by name.
func (c *Commands) infoServer(_ *resp.Session, b *strings.Builder) {
	now := c.options.Now()
	uptime := now.Sub(c.options.Started)
	lines(b, "Server",
		"redis_version", Version, "redis_git_sha1", "00000000", "redis_git_dirty", 0, "redis_build_id", "0",
		"redis_mode", modeSentinel, "os", runtime.GOOS+" "+runtime.GOARCH, "arch_bits", 64,
		"monotonic_clock", "go", "multiplexing_api", "go", "atomicvar_api", "go", "gcc_version", "0.0.0",
		"process_id", os.Getpid(), "process_supervised", "no", "run_id", c.options.RunID, "tcp_port", c.options.Port,
		"server_time_usec", now.UnixMicro(), "uptime_in_seconds", int64(uptime.Seconds()), "uptime_in_days", int64(uptime.Hours()/24),
		"hz", 10, "configured_hz", 10, "lru_clock", now.Unix()&0xffffff, "executable", "redis-sentinel-k8s", "config_file", "",
		"io_threads_active", 0)
}

func (c *Commands) infoClients(s *resp.Session, b *strings.Builder) {
	tracking := 0
	for _, session := range s.Server().Sessions() {
		if session.Has(resp.FlagTracking) {
			tracking++
		}
	}
	lines(b, "Clients",
		"connected_clients", s.Server().Stats().Connected, "cluster_connections", 0, "maxclients", s.Server().Options().MaxClients,
		"client_recent_max_input_buffer", 0, "client_recent_max_output_buffer", 0, "blocked_clients", 0,
		"tracking_clients", tracking, "clients_in_timeout_table", 0)
}

// infoStats tells what is counted here; the fields of a database are 0.
func (c *Commands) infoStats(s *resp.Session, b *strings.Builder) {
	st := s.Server().Stats()
	counted := map[string]any{
		"total_connections_received": st.Connections, "total_commands_processed": st.Commands,
		"total_net_input_bytes": st.BytesIn, "total_net_output_bytes": st.BytesOut,
		"rejected_connections": st.Rejected, "pubsub_channels": st.Channels, "pubsub_patterns": st.Patterns,
		"total_error_replies":    st.Errors + st.ProtocolErrors,
		"acl_access_denied_auth": c.Denied(acl.ReasonAuth), "acl_access_denied_cmd": c.Denied(acl.ReasonCommand),
		"acl_access_denied_channel": c.Denied(acl.ReasonChannel),
	}
	b.WriteString("# Stats\r\n")
	for _, field := range statsFields {
		name, zero, found := strings.Cut(field, ":")
		if !found {
			zero = "0"
		}
		if value, ok := counted[name]; ok {
			zero = fmt.Sprint(value)
		}
		fmt.Fprintf(b, "%s:%s\r\n", name, zero)
	}
}

func (c *Commands) infoCPU(_ *resp.Session, b *strings.Builder) {
	var own, children syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &own) // zeros are an answer too
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)
	seconds := func(t syscall.Timeval) string { return fmt.Sprintf("%d.%06d", t.Sec, t.Usec) }
	lines(b, "CPU",
		"used_cpu_sys", seconds(own.Stime), "used_cpu_user", seconds(own.Utime),
		"used_cpu_sys_children", seconds(children.Stime), "used_cpu_user_children", seconds(children.Utime),
		"used_cpu_sys_main_thread", seconds(own.Stime), "used_cpu_user_main_thread", seconds(own.Utime))
}

// infoSentinel has one line for each master; sentinels counts this one too.
func (c *Commands) infoSentinel(_ *resp.Session, b *strings.Builder) {
	snapshot := c.options.Store.Snapshot()
	views, peers := snapshot.Masters(), len(snapshot.Peers())
	lines(b, "Sentinel",
		"sentinel_masters", len(views), "sentinel_tilt", 0, "sentinel_tilt_since_seconds", -1,
		"sentinel_running_scripts", 0, "sentinel_scripts_queue_length", 0,
		"sentinel_simulate_failure_flags", simulated(snapshot.Settings()))
	for i, v := range views {
		fmt.Fprintf(b, "master%d:name=%s,status=%s,address=%s:%d,slaves=%d,sentinels=%d\r\n",
			i, v.Name, status(&v.Master), v.Master.Addr.Host, v.Master.Addr.Port, len(v.Replicas), peers+1)
	}
}

func status(m *sentinel.InstanceView) string {
	switch {
	case m.ODown:
		return statusODown
	case m.SDown:
		return statusSDown
	}
	return statusOK
}

// simulated is the sum of Redis's bits for the simulations that are asked for.
func simulated(settings sentinel.Settings) (bits int) {
	if settings.Simulates(sentinel.CrashAfterElection) {
		bits++
	}
	if settings.Simulates(sentinel.CrashAfterPromotion) {
		bits += 2
	}
	return bits
}
