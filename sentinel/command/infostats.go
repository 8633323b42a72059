package command

// statsFields are the fields of INFO stats in 7.0.15, in order, and after them those on
// refusals of 7.2; after a colon the form of a zero that is not "0".
var statsFields = []string{
	"total_connections_received", "total_commands_processed", "instantaneous_ops_per_sec",
	"total_net_input_bytes", "total_net_output_bytes", "total_net_repl_input_bytes", "total_net_repl_output_bytes",
	"instantaneous_input_kbps:0.00", "instantaneous_output_kbps:0.00",
	"instantaneous_input_repl_kbps:0.00", "instantaneous_output_repl_kbps:0.00",
	"rejected_connections", "sync_full", "sync_partial_ok", "sync_partial_err",
	"expired_keys", "expired_stale_perc:0.00", "expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds",
	"evicted_keys", "evicted_clients", "total_eviction_exceeded_time", "current_eviction_exceeded_time",
	"keyspace_hits", "keyspace_misses", "pubsub_channels", "pubsub_patterns", "pubsubshard_channels",
	"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
	"active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
	"total_active_defrag_time", "current_active_defrag_time",
	"tracking_total_keys", "tracking_total_items", "tracking_total_prefixes",
	"unexpected_error_replies", "total_error_replies", "dump_payload_sanitizations",
	"total_reads_processed", "total_writes_processed", "io_threaded_reads_processed", "io_threaded_writes_processed",
	"reply_buffer_shrinks", "reply_buffer_expands",
	"acl_access_denied_auth", "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel",
}
