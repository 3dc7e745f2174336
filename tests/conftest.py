"""What holds for every test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = ["tests.support.acceptance", "pytester"]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undoes what starting the program does to logging: the stream it writes to ends with the test."""
    before = structlog.get_config()
    root = logging.getLogger()
    level = root.level
    yield
    structlog.configure(**before)
    root.setLevel(level)
    root.handlers[:] = [handler for handler in root.handlers if type(handler) is not logging.StreamHandler]
