"""`python -m abeyance.site.web desk|portal`: one of the two sites, on the address that the options say."""

from __future__ import annotations

import os
import sys

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from abeyance.site import options

REQUESTS_AT_ONCE = 64
ROOM_FOR_HEADERS = 64 * 1024


def main(site: str, application: str = "abeyance.site.wsgi:application") -> None:
    chosen = options.load(os.environ)
    os.environ |= {"ABEYANCE_PROCESS": site, "ABEYANCE_POOL": "on", "DJANGO_SETTINGS_MODULE": "abeyance.site.settings"}
    host, port = (chosen.desk_host, chosen.desk_port) if site == "desk" else (chosen.portal_host, chosen.portal_port)
    server = MPServer(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=chosen.web_workers,
        blocking_threads=chosen.database_pool,
        backpressure=REQUESTS_AT_ONCE,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=False,
        workers_kill_timeout=10,
    )
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1])
