# frozen_string_literal: true

# redis-rb: mode master writes; mode replica also reads, with a second client of the role slave.

require "redis"
require_relative "loop"

settings = Settings.from_env

WriteLoop.new(Redis::VERSION, settings) do
  master = settings.master
  sentinels = settings.sentinels.map { |sentinel| sentinel.merge(password: settings.sentinel_password).compact }
  security = { password: settings.redis_password }.compact
  security.merge!(ssl: true, ssl_params: { ca_file: settings.ca_file }) if settings.ca_file

  # snippet
  redis = Redis.new(
    host: master, # the name that the Sentinels know
    sentinels: sentinels, # [{ host: "...", port: 26379 }, ...], with password: "..." if they want one
    role: :master,
    **security # for Redis: password: "..."
  )
  set = ->(key, value) { redis.set(key, value) }
  # end

  next [set, nil] unless ARGV.first == "replica"

  replica = Redis.new(host: master, sentinels: sentinels, role: :slave, **security)
  [set, ->(key) { replica.get(key) }]
end.run
