package fleet

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/redcon"
)

// version is the Redis that is modelled: TestConformance runs beside it.
const version = "7.0.15"

// noReplID is how Redis writes that there is no second replication id.
const noReplID = "0000000000000000000000000000000000000000"

// info has all fields of the sections that the service reads, so that what it keeps
// of a server is as long as of a real one.
func info(c *conn, args []string, out []byte) []byte {
	var text []byte
	sections := args[1:]
	if len(sections) == 0 {
		sections = []string{"server", "replication", "persistence", "keyspace"}
	}
	for _, section := range sections {
		if len(text) > 0 {
			text = append(text, "\r\n"...)
		}
		switch strings.ToLower(section) {
		case "server":
			text = c.p.serverInfo(text)
		case "replication":
			text = c.p.replicationInfo(text)
		case "persistence":
			text = append(text, persistenceInfo...)
		case "keyspace":
			text = append(text, "# Keyspace\r\n"...)
			if c.p.keys > 0 {
				text = fmt.Appendf(text, "db0:keys=%d,expires=0,avg_ttl=0\r\n", c.p.keys)
			}
		}
	}
	return redcon.AppendBulk(out, text)
}

func (p *process) serverInfo(text []byte) []byte {
	now := time.Now()
	up := int(now.Sub(p.began).Seconds())
	return fmt.Appendf(text, "# Server\r\nredis_version:"+version+"\r\nredis_git_sha1:00000000\r\nredis_git_dirty:0\r\n"+
		"redis_build_id:0123456789abcdef\r\nredis_mode:standalone\r\nos:Linux 6.1.0-18-amd64 x86_64\r\narch_bits:64\r\n"+
		"monotonic_clock:POSIX clock_gettime\r\nmultiplexing_api:epoll\r\natomicvar_api:c11-builtin\r\ngcc_version:12.2.0\r\n"+
		"process_id:1\r\nprocess_supervised:no\r\nrun_id:%s\r\ntcp_port:%d\r\nserver_time_usec:%d\r\nuptime_in_seconds:%d\r\n"+
		"uptime_in_days:%d\r\nhz:10\r\nconfigured_hz:10\r\nlru_clock:%d\r\nexecutable:/data/redis-server\r\nconfig_file:\r\nio_threads_active:0\r\n",
		p.runID, p.server.Port, now.UnixMicro(), up, up/86400, now.Unix()&(1<<24-1))
}

func (p *process) replicationInfo(text []byte) []byte {
	text = append(text, "# Replication\r\n"...)
	if p.isMaster() {
		text = append(text, "role:master\r\n"...)
	} else {
		text = p.replicaInfo(append(text, "role:slave\r\n"...))
	}
	text = fmt.Appendf(text, "connected_slaves:%d\r\n", len(p.replicas))
	if p.minReplicas > 0 && p.maxLag > 0 {
		text = fmt.Appendf(text, "min_slaves_good_slaves:%d\r\n", p.good())
	}
	for i, r := range p.replicas {
		state, offset := "online", r.offset
		if r.link != linkUp {
			state, offset = "wait_bgsave", 0
		}
		text = fmt.Appendf(text, "slave%d:ip=%s,port=%d,state=%s,offset=%d,lag=0\r\n", i, r.server.Host, r.server.Port, state, offset)
	}
	replid2, active, from := noReplID, 0, int64(0)
	if p.replid2 != "" {
		replid2 = p.replid2
	}
	if p.backlog {
		active, from = 1, p.backlogFrom
	}
	return fmt.Appendf(text, "master_failover_state:no-failover\r\nmaster_replid:%s\r\nmaster_replid2:%s\r\nmaster_repl_offset:%d\r\n"+
		"second_repl_offset:%d\r\nrepl_backlog_active:%d\r\nrepl_backlog_size:16777216\r\nrepl_backlog_first_byte_offset:%d\r\n"+
		"repl_backlog_histlen:%d\r\n", p.replid, replid2, p.offset, p.second, active, from, max(0, p.offset-from+1)*int64(active))
}

func (p *process) replicaInfo(text []byte) []byte {
	status, lastIO, syncing := "down", -1, 0
	switch p.link {
	case linkUp:
		status, lastIO = "up", 0
	case linkSyncing:
		syncing = 1
	case linkNone:
	}
	text = fmt.Appendf(text, "master_host:%s\r\nmaster_port:%d\r\nmaster_link_status:%s\r\nmaster_last_io_seconds_ago:%d\r\n"+
		"master_sync_in_progress:%d\r\nslave_read_repl_offset:%d\r\nslave_repl_offset:%d\r\n",
		p.follows.host, p.follows.port, status, lastIO, syncing, p.offset, p.offset)
	if p.link != linkUp {
		down := -1
		if !p.downSince.IsZero() {
			down = int(time.Since(p.downSince).Seconds())
		}
		text = fmt.Appendf(text, "master_link_down_since_seconds:%d\r\n", down)
	}
	return append(text, "slave_priority:100\r\nslave_read_only:1\r\nreplica_announced:1\r\n"...)
}

const persistenceInfo = "# Persistence\r\nloading:0\r\nasync_loading:0\r\ncurrent_cow_peak:0\r\ncurrent_cow_size:0\r\n" +
	"current_cow_size_age:0\r\ncurrent_fork_perc:0.00\r\ncurrent_save_keys_processed:0\r\ncurrent_save_keys_total:0\r\n" +
	"rdb_changes_since_last_save:0\r\nrdb_bgsave_in_progress:0\r\nrdb_last_save_time:1795628297\r\nrdb_last_bgsave_status:ok\r\n" +
	"rdb_last_bgsave_time_sec:-1\r\nrdb_current_bgsave_time_sec:-1\r\nrdb_saves:0\r\nrdb_last_cow_size:0\r\n" +
	"rdb_last_load_keys_expired:0\r\nrdb_last_load_keys_loaded:0\r\naof_enabled:0\r\naof_rewrite_in_progress:0\r\n" +
	"aof_rewrite_scheduled:0\r\naof_last_rewrite_time_sec:-1\r\naof_current_rewrite_time_sec:-1\r\naof_last_bgrewrite_status:ok\r\n" +
	"aof_rewrites:0\r\naof_rewrites_consecutive_failures:0\r\naof_last_write_status:ok\r\naof_last_cow_size:0\r\n" +
	"module_fork_in_progress:0\r\nmodule_fork_last_cow_size:0\r\n"
