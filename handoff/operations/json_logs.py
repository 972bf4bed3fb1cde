"""Logs: one line of JSON each, on standard error, with nothing in them that opens anything.

Requests are logged by the rule of their address and the handoff's id, never by the address: a
link is a credential. What libraries say goes through the same hands, and through `redact`.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
import time
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRETS = (
    re.compile(r"(/h/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(/api/cart-transfer/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(guest-carts/)[^\s\"'?#/]+"),
    re.compile(r"(\b(?:token(?:_id)?|quote_id)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"),
    re.compile(r"(\bBearer\s+)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"(\bAuthorization[\"']?\s*[:=]\s*[\"']?)(?!Bearer)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"()\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+"),
    # What gunicorn says of requests that it cannot read holds lines and bytes of them.
    re.compile(r"((?:Invalid|Unsupported|Unable|Obsolete) [A-Za-z ]+: ).+", re.DOTALL),
    re.compile(r"(\bsess_)[A-Za-z0-9,-]+"),
    re.compile(r"(\b(?:rediss?(?:\+sentinel)?|unix)://)[^@\s/]*@"),
)

# One of these is in whatever the patterns match; most words hold none and are done with.
_HINT = re.compile(
    "/h/(?!<)|/cart-transfer/(?!<)|guest-carts/|(?:token(?:_id)?|quote_id)[\"'\\s]*[=:]|bearer"
    "|authoriz|eyJ|sess_|redis|unix:"
    "|invalid|unsupp|unable|obsol",
    re.I,
)

log = structlog.get_logger("handoff.requests")


def redact(text: str) -> str:
    """Mask whatever looks like a link, a key, a token, a masked id or a session id."""
    if not _HINT.search(text):
        return text
    for secret in _SECRETS:
        text = secret.sub(r"\1***", text)
    return text


def _redact_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {name: redact(v) if isinstance(v, str) else v for name, v in event.items()}


class _SilentClients(logging.Filter):
    """Says in a line what gunicorn writes a traceback for: nothing came for too long."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
            record.msg, record.args, record.exc_info = "client_fell_silent", (), None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class _Lines:
    """Writes what the service itself logs: by way of `logging` a line would take twice as long."""

    def __init__(self, name: str = "handoff") -> None:
        self.name = name

    def write(self, line: str) -> None:
        """Write a line in one piece, or none: nobody is turned away because a disk is full."""
        with suppress(OSError):
            sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = exception = write


def _of_interest(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Go by the level that is set for all."""
    level = logging.getLevelNamesMapping()[event["level"].upper()]
    if not logging.getLogger().isEnabledFor(level):
        raise structlog.DropEvent
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.format_exc_info,
    _redact_event,
    # What comes below holds nothing that anybody has sent.
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_AS_JSON = structlog.processors.JSONRenderer()


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """Return the configuration for the standard library's logging, gunicorn's included."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _AS_JSON,
                ],
            }
        },
        "filters": {"silent_clients": {"()": _SilentClients}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # gunicorn's own defaults would write each line twice
            "gunicorn.error": {
                "propagate": True,
                "handlers": [],
                "level": level,
                "filters": ["silent_clients"],
            },
            "gunicorn.access": {"propagate": False, "handlers": []},
            "alembic": {"level": "WARNING"},
        },
    }


def configure_logging(level: str = "INFO") -> None:
    """Write all that this process logs, by libraries too, as lines of JSON."""
    logging.config.dictConfig(logging_config(level))
    structlog.configure(
        processors=[*_SHARED, _of_interest, _AS_JSON],
        logger_factory=_Lines,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_requests(app: Flask) -> None:
    """Write a line for each request: method, rule, status, milliseconds, and the handoff's id."""

    @app.before_request
    def _begin() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        started = getattr(g, "started", None)
        log.info(
            "request",
            method=request.method,
            rule=request.url_rule.rule if request.url_rule else "(none)",
            status=response.status_code,
            ms=None if started is None else round((time.perf_counter() - started) * 1000, 1),
        )
        return response

    @app.teardown_request
    def _forget(_error: BaseException | None) -> None:
        # Threads serve one request after the other: what this one has bound has to go.
        structlog.contextvars.clear_contextvars()
