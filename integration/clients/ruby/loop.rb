# frozen_string_literal: true

# The settings from the environment, and the loop that writes, one value after the
# other, and tells what became of each.

Settings = Struct.new(:sentinels, :master, :name, :sentinel_password, :redis_password, :ca_file, :hold, :pause) do
  def self.from_env
    text = ->(name) { ENV.fetch(name, "").then { |value| value unless value.empty? } }
    sentinels = ENV.fetch("SENTINELS").split(",").map do |address|
      host, _, port = address.rpartition(":")
      { host: host, port: Integer(port) }
    end
    new(sentinels, ENV.fetch("MASTER"), ENV.fetch("NAME"), text["SENTINEL_PASSWORD"], text["REDIS_PASSWORD"],
        text["CA_FILE"], text["HOLD"], Float(text["PAUSE"] || 25) / 1000)
  end
end

# Writes for ever. The block makes the client and gives what writes a key and,
# if there is a way to replicas, what reads one.
class WriteLoop
  def initialize(version, settings, &connect)
    @settings = settings
    @connect = connect
    say("version #{version}")
  end

  def run
    @write, @read = connected
    (1..).each do |n|
      sleep(0.005) while @settings.hold && File.exist?(@settings.hold)
      write(n)
      read(@acknowledged) if @read && @acknowledged
      sleep(@settings.pause)
    end
  end

  private

  def connected
    @connect.call
  rescue StandardError => e
    say("error 0 #{micros} #{in_a_line(e)}")
    sleep(1)
    retry
  end

  def write(n)
    @write.call("#{@settings.name}:#{n}", n)
    say("ok #{n} #{micros}")
    @acknowledged = n
  rescue StandardError => e
    say("error #{n} #{micros} #{in_a_line(e)}")
  end

  def read(n)
    @read.call("#{@settings.name}:#{n}")
    say("read #{micros}")
  rescue StandardError => e
    say("read-error #{micros} #{in_a_line(e)}")
  end

  def say(line)
    $stdout.puts(line)
    $stdout.flush
  rescue Errno::EPIPE
    # Nobody listens any more: the harness is gone, and so is the reason to go on.
    exit!(0)
  end

  def micros
    Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
  end

  def in_a_line(error)
    "#{error.class}: #{error.message}".gsub(/\s+/, " ")[0, 200]
  end
end
