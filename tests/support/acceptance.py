"""A pytest plugin: `--acceptance FILE` records the outcome of every test named after a criterion.

`test_ac_09_…` shows criterion 9, `test_ac_19_and_32_…` two, `test_ac_51_to_53_…` three.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "firefox")
TESTS = Path(__file__).parents[1]
WEB = TESTS.parent / "web" / "src"
_NUMBERS = re.compile(r"ac_(\d\d)((?:_and_\d\d)*)(?:_to_(\d\d))?(?:_|$)")
_PYTHON_TEST = re.compile(r"^(?:async )?def (test_ac_\w+)", re.MULTILINE)
_WEB_TEST = re.compile(r"\"(AC-\d\d [^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one test; without `browsers` where none is needed. `why` says what it could not show."""

    test: str
    browsers: tuple[str, ...]
    outcome: str
    """passed, failed or skipped."""
    why: str = ""


def criteria_of(test: str) -> tuple[int, ...]:
    """Returns the numbers of the criteria that a test is named after; none for other tests."""
    named = _NUMBERS.match(test.removeprefix("test_").replace("AC-", "ac_").replace(" ", "_"))
    if named is None:
        return ()
    first, more, last = named.groups()
    if last is not None:
        return tuple(range(int(first), int(last) + 1))
    return (int(first), *(int(number) for number in re.findall(r"\d\d", more)))


def declared_tests() -> set[str]:
    """Returns the names of all tests of criteria, as they stand in the files of this repository."""
    python = {name for path in TESTS.rglob("test_*.py") for name in _PYTHON_TEST.findall(path.read_text())}
    web = {name for path in WEB.rglob("*.test.ts") for name in _WEB_TEST.findall(path.read_text())}
    return python | web


def only_in(browser: str, why: str) -> Callable[[Any], Any]:
    """Runs a test in one browser only; `why`, which the table shows, is what the other browser lacks."""

    def mark(test: Any) -> Any:
        return pytest.mark.only_in(why)(pytest.mark.parametrize("browser", [browser])(test))

    return mark


in_both_browsers = pytest.mark.parametrize("browser", BROWSERS)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--acceptance", type=Path, metavar="FILE", help="write the results of criteria as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Starts recording when a file was named."""
    config.addinivalue_line("markers", "only_in(why): the other browser cannot, for this reason (only_in())")
    path: Path | None = config.getoption("--acceptance")
    if path is not None:
        config.pluginmanager.register(Recorder(path))


class Recorder:
    """Collects what the tests of criteria came to and writes it when the session ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts: dict[str, tuple[str, tuple[str, ...], str]] = {}
        self._results: dict[str, Result] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Notes who is who, before anything runs."""
        for item in items:
            if isinstance(item, pytest.Function) and criteria_of(item.originalname):
                self._facts[item.nodeid] = (item.originalname, _browsers(item), _why(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst of set-up, call and tear-down."""
        if report.nodeid not in self._facts or (report.passed and report.when != "call"):
            return
        name, browsers, why = self._facts[report.nodeid]
        if report.skipped and isinstance(report.longrepr, tuple):
            why = str(report.longrepr[2]).removeprefix("Skipped: ")
        self._results[report.nodeid] = Result(name, browsers, report.outcome, why)

    def pytest_sessionfinish(self) -> None:
        """Writes the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write(self._path, list(self._results.values()))


def write(path: Path, results: list[Result]) -> None:
    """Writes results for `read`."""
    path.write_text(json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> list[Result]:
    """Returns the results of one file, of pytest or of vitest's JSON reporter."""
    content = json.loads(path.read_text())
    if isinstance(content, dict):
        return _read_vitest(content)
    return [Result(**{**row, "browsers": tuple(row["browsers"])}) for row in content]


def _read_vitest(report: dict[str, Any]) -> list[Result]:
    cases = [case for file in report["testResults"] for case in file["assertionResults"]]
    return [Result(case["title"], (), case["status"]) for case in cases if criteria_of(case["title"])]


def _browsers(item: pytest.Function) -> tuple[str, ...]:
    callspec = getattr(item, "callspec", None)
    used = set() if callspec is None else {value for value in callspec.params.values() if value in BROWSERS}
    if not used and item.get_closest_marker("browser") is not None:
        return BROWSERS[:1]  # who is not told otherwise has a Chromium
    return tuple(sorted(used))


def _why(item: pytest.Function) -> str:
    marker = item.get_closest_marker("only_in")
    return "" if marker is None else str(marker.args[0])
