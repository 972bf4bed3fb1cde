"""Logs: one line of JSON for each event, on standard error, with every credential masked.

The service logs by structlog, which hands its events to the standard library's logging. So the
lines of libraries and of gunicorn look the same and are redacted as well.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from contextlib import suppress
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from handoff.support_code import build_support_code

_SECRETS = (
    re.compile(r"(/h/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(/api/cart-transfer/)(?!<)[^\s\"'?#]+"),
    re.compile(r"(guest-carts/)[^\s\"'?#/]+"),
    re.compile(r"(\b(?:token(?:_id)?|quote_id)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"),
    re.compile(r"(\bBearer\s+)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"(\bAuthorization[\"']?\s*[:=]\s*[\"']?)(?!Bearer)[^\s\"',}]+", re.IGNORECASE),
    re.compile(r"()\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+"),
    # gunicorn quotes lines and bytes of requests that it cannot parse.
    re.compile(r"((?:Invalid|Unsupported|Unable|Obsolete) [A-Za-z ]+: ).+", re.DOTALL),
    re.compile(r"(\bsess_)[A-Za-z0-9,-]+"),
    re.compile(r"(\b(?:rediss?(?:\+sentinel)?|unix)://)[^@\s/]*@"),
)

# A cheap test: each pattern needs one of these, and most texts contain none of them.
_HINT = re.compile(
    "/h/(?!<)|/cart-transfer/(?!<)|guest-carts/|(?:token(?:_id)?|quote_id)[\"'\\s]*[=:]|bearer"
    "|authoriz|eyJ|sess_|redis|unix:"
    "|invalid|unsupp|unable|obsol",
    re.I,
)


def redact_credentials(text: str) -> str:
    """Return the text with a mask over everything that looks like a credential."""
    if not _HINT.search(text):
        return text
    for secret in _SECRETS:
        text = secret.sub(r"\1***", text)
    return text


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return a log event with all its texts redacted, including those in lists and mappings."""
    return {name: _redact_value(value) for name, value in event.items()}


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact_credentials(value)
    if isinstance(value, list | tuple):
        return [_redact_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _redact_value(item) for name, item in value.items()}
    return value


def _add_support_code(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    code = build_support_code(event)
    return event if code is None else {**event, "support_code": code}


_ADD_CONTEXT: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    _add_support_code,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_RENDER: list[Processor] = [
    ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    redact_event,
    structlog.processors.JSONRenderer(),
]


class StderrHandler(logging.Handler):
    """Writes each line to standard error. A line is dropped if the disk is full.

    logging's own handler would write a traceback instead.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one line."""
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        with suppress(OSError):
            sys.stderr.write(f"{line}\n")


class ClientTimeoutFilter(logging.Filter):
    """Turns the traceback that gunicorn logs for a client's timeout into one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record if its exception is the timeout of a socket."""
        if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
            record.msg, record.args, record.exc_info = "client_timed_out", (), None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def build_logging_config(level: str = "INFO") -> dict[str, Any]:
    """Return the configuration of the standard library's logging, gunicorn's included."""
    formatter = {"()": ProcessorFormatter, "foreign_pre_chain": _ADD_CONTEXT, "processors": _RENDER}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "filters": {"client_timeout": {"()": ClientTimeoutFilter}},
        "handlers": {"stderr": {"()": StderrHandler, "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # gunicorn's own handlers would write each line a second time.
            "gunicorn.error": {
                "propagate": True,
                "handlers": [],
                "level": level,
                "filters": ["client_timeout"],
            },
            "gunicorn.access": {"propagate": False, "handlers": []},
            "alembic": {"level": "WARNING"},
            # Its warnings repeat what the metrics of calls and the failure of the request say.
            "stamina": {"level": "ERROR"},
            # It quotes headers that it cannot parse, and all that follow: the cookies of a session.
            "urllib3": {"level": "ERROR"},
        },
    }


def configure_logging(level: str = "INFO") -> None:
    """Write everything that this process and its libraries log as lines of JSON."""
    logging.config.dictConfig(build_logging_config(level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_ADD_CONTEXT,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
