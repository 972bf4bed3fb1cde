"""Configure gunicorn: `gunicorn -c python:handoff.operations.gunicorn_config app:app`."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import struct
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from handoff.operations.json_logs import logging_config
from handoff.operations.metrics import DIRECTORY, PREFIX
from handoff.operations.settings_reload import reload_settings

bind = "127.0.0.1:8000"
worker_class = "handoff.operations.gunicorn_worker.FairWorker"
workers = 2
threads = 16
# Longer than a transfer may take, shorter than anyone waits.
timeout = 75
graceful_timeout = 30
keepalive = 75
# Each worker says that it is alive by the time of a file, more than once for each request. That is
# not to wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - gunicorn makes its file there safely
# A shop's host has many cookies, and browsers send all of them in one line.
limit_request_field_size = 32 * 1024
# Where a request comes from is said by HANDOFF_TRUSTED_PROXIES alone; https and the path are
# settings, too. gunicorn would believe more from whoever is on this host.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
logconfig_dict = logging_config()
control_socket_disable = True


class NoAccessLog(Logger):  # type: ignore[misc]  # its package declares no types
    """gunicorn's own log without the requests, which the service logs by the handoff's id.

    An access log would hold the addresses, and an address is a link.
    """

    def access(self, *_request: object) -> None:
        """Write nothing, and make nothing up to be written."""


logger_class = NoAccessLog

_SILENCE = struct.pack("ll", 10, 0)  # seconds and microseconds, as the kernel takes them


def on_starting(_server: object) -> None:
    """Read the settings once for all workers."""
    reload_settings()


def when_ready(server: Any) -> None:
    """Let go of connections on which nothing comes, in the middle of a request, for a while.

    gunicorn's threads wait for that without an end. Whoever was cut off from us, a proxy on a host
    that has lost its power, would hold one for ever; connections inherit this from the listener.
    """
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, _SILENCE)


def on_reload(_server: object) -> None:
    """Read them anew, before the workers are replaced."""
    reload_settings()


def post_worker_init(_worker: object) -> None:
    """Leave what lives as long as the worker out of every search for garbage, some 30 ms each."""
    gc.collect()
    gc.freeze()


def on_exit(_server: Any) -> None:
    """Remove what the workers have counted, where `handoff serve` made the place for it."""
    folder = Path(os.environ.get(DIRECTORY, ""))
    if folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
