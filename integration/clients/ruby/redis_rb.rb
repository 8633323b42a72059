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

  name = Redis::VERSION < "5" ? :host : :name
  # snippet
  redis = Redis.new(
    name => master, # name: "...", in redis-rb 4 host: "...": what the Sentinels know it by
    sentinels: sentinels, # [{ host: "...", port: 26379 }, ...], with password: "..." if they want one
    role: :master,
    **security # for Redis: password: "..."
  )
  set = ->(key, value) { redis.set(key, value) }
  # end

  next [set, nil] unless ARGV.first == "replica"

  replica = Redis.new(name => master, sentinels: sentinels, role: :slave, **security)
  [set, ->(key) { replica.get(key) }]
end.run
