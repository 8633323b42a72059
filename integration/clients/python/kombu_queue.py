"""Kombu's SimpleQueue on its Sentinel transport."""

import kombu
from loop import run
from settings import MASTER, NAME, REDIS_PASSWORD, SENTINEL_PASSWORD, SENTINELS, TLS


def connect():
    # snippet
    from kombu import Connection

    # Every address has the password of Redis, quoted for a URL: sentinel://:password@host:port;...
    user = f":{REDIS_PASSWORD}@" if REDIS_PASSWORD else ""
    connection = Connection(
        ";".join(f"sentinel://{user}{host}:{port}" for host, port in SENTINELS),
        ssl={"ssl_ca_certs": TLS["ssl_ca_certs"]} if TLS else False,
        transport_options={
            "master_name": MASTER,
            # Without it a write waits for ever on a Redis that is frozen.
            "socket_timeout": 1,
            "sentinel_kwargs": {"password": SENTINEL_PASSWORD, "socket_timeout": 1, **TLS},
        },
    )
    queue = connection.SimpleQueue(NAME)

    def write(n):
        queue.put({"n": n})
    # end

    return write, None


run(kombu.__version__, connect)
