"""Uses the Sentinels given as arguments as an application does with redis-py."""
import sys
import time

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

hosts = [(host, 26379) for host in sys.argv[1:]]
sentinel = Sentinel(hosts, socket_timeout=2, min_other_sentinels=2)
old = sentinel.discover_master("mymaster")
print("master", old)
print("replicas", len(sentinel.discover_slaves("mymaster")))

master = sentinel.master_for("mymaster", socket_timeout=2)
master.set("key", "before")
print("written", master.get("key").decode())
master.wait(2, 2000)
replica = sentinel.slave_for("mymaster", socket_timeout=2)
assert replica.get("key") == b"before"

first = sentinel.sentinels[0]
events = first.pubsub(ignore_subscribe_messages=True)
events.subscribe("+switch-master")
events.get_message(timeout=1)
for name in ("sentinel_masters", "sentinel_sentinels", "sentinel_slaves"):
    call = getattr(first, name)
    assert call() if name == "sentinel_masters" else call("mymaster"), name
state = first.sentinel_master("mymaster")
assert state["is_master"] and not state["is_odown"] and state["num-slaves"] == 2, state
# Not sentinel_ckquorum and sentinel_failover: redis-py 4.3 fails on their answers.
assert first.execute_command("SENTINEL", "CKQUORUM", "mymaster").startswith(b"OK 3 usable")
assert first.execute_command("SENTINEL", "FAILOVER", "mymaster") == b"OK"

deadline = time.time() + 10
while True:
    try:
        if sentinel.discover_master("mymaster") != old:
            master.set("key", "after")
            break
    except (redis.exceptions.RedisError, MasterNotFoundError):
        pass
    assert time.time() < deadline, "no new master"
print("written", master.get("key").decode())
while True:
    message = events.get_message(timeout=1)
    if message:
        print("pubsub", message["channel"].decode(), message["data"].decode())
        break
    assert time.time() < deadline, "no +switch-master"
print("done")
