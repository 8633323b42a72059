"""A Celery producer, whose broker is found by Sentinels."""

import celery
from loop import run
from settings import MASTER, NAME, REDIS_PASSWORD, SENTINEL_PASSWORD, SENTINELS, TLS

# snippet
from celery import Celery

# Every address has the password of Redis, quoted for a URL: sentinel://:password@host:port;...
user = f":{REDIS_PASSWORD}@" if REDIS_PASSWORD else ""
app = Celery("producer", broker=";".join(f"sentinel://{user}{host}:{port}" for host, port in SENTINELS))
app.conf.broker_transport_options = {
    "master_name": MASTER,
    # Without it a write waits for ever on a Redis that is frozen.
    "socket_timeout": 1,
    "sentinel_kwargs": {"password": SENTINEL_PASSWORD, "socket_timeout": 1, **TLS},
}
app.conf.broker_use_ssl = {"ssl_ca_certs": TLS["ssl_ca_certs"]} if TLS else None
app.conf.task_default_queue = NAME


@app.task
def add(n):
    return n + 1


def write(n):
    add.delay(n)
# end


run(celery.__version__, lambda: (write, None))
