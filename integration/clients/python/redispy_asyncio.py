"""redis-py, with coroutines."""

import redis
from loop import run
from settings import MASTER, NAME, PROTOCOL, REDIS_PASSWORD, SENTINEL_PASSWORD, SENTINELS, TLS

# snippet
from redis.asyncio.sentinel import Sentinel

# SENTINELS is [(host, port), ...]; TLS is {} or {"ssl": True, "ssl_ca_certs": file},
# PROTOCOL is {} for the library's default, or {"protocol": 2}.
sentinel = Sentinel(
    SENTINELS,
    sentinel_kwargs={"password": SENTINEL_PASSWORD, "socket_timeout": 0.1, **TLS, **PROTOCOL},
    password=REDIS_PASSWORD,
    socket_timeout=0.1,
    **TLS,
    **PROTOCOL,
)
master = sentinel.master_for(MASTER)
replicas = sentinel.slave_for(MASTER)


async def write(n):
    await master.set(f"{NAME}:{n}", n)


async def read(n):
    return await replicas.get(f"{NAME}:{n}")
# end


run(redis.__version__, lambda: (write, read))
