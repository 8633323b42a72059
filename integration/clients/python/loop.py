"""Writes, and reads, one at a time and for ever, and says what became of each."""

import asyncio
import inspect
import os
import time

from settings import HOLD, PAUSE

HELD = 0.005  # seconds between two looks at HOLD


def run(version, connect):
    """connect gives write(n) and read(n), plain functions or coroutines; read may be None."""
    say("version", version)
    asyncio.run(forever(connect))


async def forever(connect):
    write, read = await connected(connect)
    n = acknowledged = 0
    while True:
        while os.path.exists(HOLD):
            await asyncio.sleep(HELD)
        n += 1
        if await attempt(write, n, f"ok {n}", f"error {n}"):
            acknowledged = n
        if read and acknowledged:
            await attempt(read, acknowledged, "read", "read-error")
        # The client of a coroutine goes on in this time, as it does in an application.
        await asyncio.sleep(PAUSE)


async def connected(connect):
    while True:
        try:
            return connect()
        except Exception as error:
            say("error 0", micros(), text(error))
            await asyncio.sleep(1)


async def attempt(do, n, good, bad):
    try:
        result = do(n)
        if inspect.isawaitable(result):
            await result
    except Exception as error:
        say(bad, micros(), text(error))
        return False
    say(good, micros())
    return True


def micros():
    return time.time_ns() // 1000


def text(error):
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return " ".join(f"{name}: {error}".split())[:200]


def say(*words):
    print(*words, flush=True)
