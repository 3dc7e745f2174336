"""Logging: event names with fields to standard error, as JSON unless a person reads along.

Names, addresses, tokens and messages of people are never logged by anyone; nothing here could take them out.
"""

from __future__ import annotations

import logging
from typing import TextIO

import structlog
from structlog.typing import Processor

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(level: str, stream: TextIO) -> None:
    """Sends all logging of the process to `stream`, from `level` (debug, info, warning, error) up.

    Tracebacks show no local variables, which may be secrets.
    What the libraries log, uvicorn and asyncio, comes out in the same form; theirs only from warning up.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    people = stream.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    chain: list[Processor] = [*SHARED, *([] if people else [structlog.processors.format_exc_info])]
    structlog.configure(
        processors=[*chain, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))
