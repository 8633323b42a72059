# frozen_string_literal: true

# Sidekiq on redis-client. Mode client enqueues jobs, as a web process does, in the queue
# NAME; in mode worker Sidekiq works them off, too, and a write counts when its job is done.

require "sidekiq"
require "timeout"
require_relative "loop"

SETTINGS = Settings.from_env
QUEUE = SETTINGS.name
PERFORMED = Queue.new # of numbers
PERFORMED_WITHIN = 3 # seconds; a job that was fetched from a master that died is gone

def redis_of(settings)
  master = settings.master
  sentinels = settings.sentinels
  sentinel_password = settings.sentinel_password
  security = { password: settings.redis_password }.compact
  security.merge!(ssl: true, ssl_params: { ca_file: settings.ca_file }) if settings.ca_file
  # snippet
  redis = {
    name: master, # the name that the Sentinels know
    sentinels: sentinels, # [{ host: "...", port: 26379 }, ...]
    sentinel_password: sentinel_password, # nil for none
    role: :master,
    **security # for Redis: password: "..."
  }
  Sidekiq.configure_client { |config| config.redis = redis }
  Sidekiq.configure_server { |config| config.redis = redis }
  # end
  redis
end

class Job
  include Sidekiq::Job
  sidekiq_options queue: QUEUE, retry: false

  def perform(n)
    Sidekiq.redis { |redis| redis.set("#{SETTINGS.name}:#{n}", n) }
    PERFORMED << n
  end
end

def work(redis)
  require "sidekiq/embedded"
  Sidekiq.configure_embed do |config|
    config.redis = redis
    config.queues = [QUEUE]
    config.concurrency = 1
    config.logger.level = Logger::FATAL # what is written is among the lines
  end.run
end

def await(n)
  Timeout.timeout(PERFORMED_WITHIN, RuntimeError, "job #{n} is not done") { nil until PERFORMED.pop == n }
end

WriteLoop.new(Sidekiq::VERSION, SETTINGS) do
  redis = redis_of(SETTINGS)
  next [->(_key, n) { Job.perform_async(n) }, nil] unless ARGV.first == "worker"

  work(redis)
  [->(_key, n) { Job.perform_async(n) && await(n) }, nil]
end.run
