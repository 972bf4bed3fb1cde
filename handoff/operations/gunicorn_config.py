"""Configure gunicorn: `gunicorn -c python:handoff.operations.gunicorn_config app:app`."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import struct
from importlib import import_module
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead

from handoff.operations.json_logs import build_logging_config
from handoff.operations.settings_reload import reload_settings
from handoff.worker_metrics import FOLDER_PREFIX, FOLDER_VARIABLE

bind = "127.0.0.1:8000"
worker_class = "handoff.operations.gunicorn_worker.FairWorker"
workers = 2
threads = 16
timeout = 75  # seconds; longer than a transfer may take
graceful_timeout = 30
keepalive = 75
# To show that it is alive, each worker updates the time of a file more than once for each request.
# If the file were on a disk, the worker would wait for the disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - gunicorn creates its file safely
# A shop's host has many cookies, and browsers send all of them in one header.
limit_request_field_size = 32 * 1024
# Only the setting for trusted proxies decides the client's address; scheme and path are settings
# as well. gunicorn would trust forwarding headers of every client on this host.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
logconfig_dict = build_logging_config()
control_socket_disable = True


class NoAccessLog(Logger):  # type: ignore[misc]  # gunicorn declares no types
    """gunicorn's logger without its access log, which would hold URLs and therefore links."""

    def access(self, *_request: object) -> None:
        """Write nothing: the service logs each request itself."""


logger_class = NoAccessLog

_CLIENT_TIMEOUT = struct.pack("ll", 10, 0)  # seconds and microseconds, in the kernel's format


def on_starting(_server: object) -> None:
    """Load the settings and the code for all workers, which are forked and start in a moment."""
    # Modules live as long as the process. Looking through them for garbage while they are imported
    # would take a quarter of the start, and each worker would copy their memory.
    gc.disable()
    reload_settings()
    import_module("handoff.app_factory")  # it imports this module
    gc.freeze()
    gc.enable()


def when_ready(server: Any) -> None:
    """End connections whose client sends nothing for ten seconds in the middle of a request.

    gunicorn's threads wait for a client without a timeout, so a proxy on a host without power would
    occupy a thread for ever. Connections inherit the option from the listener.
    """
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, _CLIENT_TIMEOUT)


def on_reload(_server: object) -> None:
    """Load the settings again, before the workers are replaced."""
    reload_settings()


def post_worker_init(_worker: object) -> None:
    """Keep long-lived objects out of garbage collections, which would take about 30 ms each."""
    gc.collect()
    gc.freeze()


def child_exit(_server: object, worker: Any) -> None:
    """Remove the gauges of a worker that has ended; what it has counted stays."""
    if FOLDER_VARIABLE in os.environ:
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # it declares no types


def on_exit(_server: Any) -> None:
    """Remove the folder of the metrics, if `handoff serve` made it."""
    folder = Path(os.environ.get(FOLDER_VARIABLE, ""))
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
