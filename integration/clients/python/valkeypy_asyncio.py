"""valkey-py, with coroutines."""

import valkey
from loop import run
from settings import MASTER, NAME, REDIS_PASSWORD, SENTINEL_PASSWORD, SENTINELS, TLS

# snippet
from valkey.asyncio.sentinel import Sentinel

# SENTINELS is [(host, port), ...]; TLS is {} or {"ssl": True, "ssl_ca_certs": file}.
sentinel = Sentinel(
    SENTINELS,
    sentinel_kwargs={"password": SENTINEL_PASSWORD, "socket_timeout": 0.1, **TLS},
    password=REDIS_PASSWORD,
    socket_timeout=0.1,
    **TLS,
)
master = sentinel.master_for(MASTER)
replicas = sentinel.slave_for(MASTER)


async def write(n):
    await master.set(f"{NAME}:{n}", n)


async def read(n):
    return await replicas.get(f"{NAME}:{n}")
# end


run(valkey.__version__, lambda: (write, read))
