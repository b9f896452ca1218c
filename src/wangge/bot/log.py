"""Logging: constant events, data as fields, and never a secret or a person's words."""

import logging
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
PASSWORD = re.compile(r"(?<=://)([^:/@\s]+):[^@/\s]+@")


def redacted(text: str) -> str:
    """Return the text without bot tokens, phone numbers and database passwords."""
    return PHONE.sub("<phone>", PASSWORD.sub(r"\1:<secret>@", TOKEN.sub("<token>", text)))


class Redacting(logging.Filter):
    """Stands at the root handler, so that no library's line passes it by."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the finished line; the record passes."""
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            # A library's error may quote what somebody wrote: only where it happened is kept.
            record.exc_text, record.exc_info = " ".join(places(record.exc_info[1])), None
        return True


def configure_logging(level: str) -> None:
    """Send everything through one redacting handler to stderr; called once, at start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redacting())
    logging.basicConfig(level=level.upper(), handlers=[handler], format="%(message)s", force=True)
    for name in ("httpx", "httpcore", "apscheduler", "alembic", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _traceback_without_words,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _excepthook


def _traceback_without_words(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep where an error happened and its type; its message may hold what a person wrote."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        event["where"] = places(error)
    return event


def places(error: BaseException) -> list[str]:
    """Return file:line:function of an error's traceback, innermost last, and of its cause."""
    found = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('wangge/')[2]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    cause = error.__cause__
    return [*found, type(error).__name__, *(places(cause) if cause else [])]


def _excepthook(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    structlog.get_logger().critical("stopped_by_error", error=kind.__name__, where=places(error))
