"""What the program is told by its environment."""

import os
import sys

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
# The protocol is the library's own default where the mode names none.
PROTOCOL = {"protocol": int(MODE[-1])} if "resp" in MODE else {}

SENTINELS = [
    (host, int(port))
    for host, _, port in (address.rpartition(":") for address in os.environ["SENTINELS"].split(","))
]
MASTER = os.environ["MASTER"]
NAME = os.environ["NAME"]
SENTINEL_PASSWORD = os.environ.get("SENTINEL_PASSWORD") or None
REDIS_PASSWORD = os.environ.get("REDIS_PASSWORD") or None
CA_FILE = os.environ.get("CA_FILE") or None
TLS = {"ssl": True, "ssl_ca_certs": CA_FILE} if CA_FILE else {}

HOLD = os.environ.get("HOLD", "")
PAUSE = int(os.environ.get("PAUSE") or 25) / 1000
