# frozen_string_literal: true

# redis-client: mode master writes; mode replica also reads, with a second client of the role replica.

require "redis_client"
require_relative "loop"

settings = Settings.from_env

WriteLoop.new(RedisClient::VERSION, settings) do
  master = settings.master
  sentinels = settings.sentinels
  sentinel_password = settings.sentinel_password
  security = { password: settings.redis_password }.compact
  security.merge!(ssl: true, ssl_params: { ca_file: settings.ca_file }) if settings.ca_file

  # snippet
  config = RedisClient.sentinel(
    name: master, # the name that the Sentinels know
    sentinels: sentinels, # [{ host: "...", port: 26379 }, ...]
    sentinel_password: sentinel_password, # nil for none
    role: :master,
    **security # for Redis: password: "..."
  )
  redis = config.new_client # or new_pool(size: 5)
  set = ->(key, value) { redis.call("SET", key, value) }
  # end

  next [set, nil] unless ARGV.first == "replica"

  replica = RedisClient.sentinel(name: master, sentinels: sentinels, sentinel_password: sentinel_password, role: :replica, **security).new_client
  [set, ->(key) { replica.call("GET", key) }]
end.run
