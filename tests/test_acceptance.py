"""Every criterion has a test or an excuse, and the published table names no test that is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.acceptance import OUT, merged, render

from tests.support.acceptance import Result, criteria_of, declared_tests, read, write
from tests.support.criteria import CRITERIA


@pytest.mark.parametrize(
    ("test", "numbers"),
    [
        ("test_ac_09_a_name_is_folded", (9,)),
        ("test_ac_19_and_32_and_33_landing", (19, 32, 33)),
        ("test_ac_51_to_53_a_password", (51, 52, 53)),
        ("AC-23 names do not repeat", (23,)),
        ("test_ac_dc_is_current", ()),
        ("test_2_ac_09_is_elsewhere", ()),
    ],
)
def test_name_of_a_test_says_what_it_shows(test: str, numbers: tuple[int, ...]) -> None:
    assert criteria_of(test) == numbers


def test_every_criterion_has_a_test_or_a_reason_for_having_none() -> None:
    shown = {number for test in declared_tests() for number in criteria_of(test)}

    assert list(CRITERIA) == list(range(1, 56))
    assert [number for number in CRITERIA if number not in shown and not CRITERIA[number].not_here] == []
    assert shown <= set(CRITERIA)


def test_published_table_names_only_tests_that_exist() -> None:
    published = set(re.findall(r"`((?:test_ac_|AC-)[^`]+)`", OUT.read_text()))

    assert published
    assert published - declared_tests() == set()


def test_plugin_records_outcome_browsers_and_reason(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["tests.support.acceptance"]')
    pytester.makepyfile(
        """
        import pytest
        from tests.support.acceptance import in_both_browsers, only_in

        @in_both_browsers
        def test_ac_01_both(browser): assert browser == "chromium"

        @only_in("chromium", "Firefox has no such thing")
        def test_ac_02_one(browser): pass

        def test_ac_03_none(): pytest.skip("needs root")

        def test_of_no_criterion(): pass
        """
    )
    pytester.runpytest_inprocess("--acceptance", "results.json", "-p", "no:asyncio")

    assert read(pytester.path / "results.json") == [
        Result("test_ac_01_both", ("chromium",), "passed"),
        Result("test_ac_01_both", ("firefox",), "failed"),
        Result("test_ac_02_one", ("chromium",), "passed", "Firefox has no such thing"),
        Result("test_ac_03_none", (), "skipped", "needs root"),
    ]


def test_table_shows_the_worst_that_happened_where_it_happened() -> None:
    page = render(
        [
            Result("test_ac_01_page", ("chromium",), "passed"),
            Result("test_ac_01_page", ("firefox",), "failed"),
            Result("test_ac_03_socket", (), "passed"),
        ],
        {"test_ac_01_page", "test_ac_03_socket", "test_ac_04_wire"},
    )

    assert "| `test_ac_01_page` | chromium, firefox | **failed** in firefox |" in page
    assert "| `test_ac_03_socket` | — | pass |" in page
    assert "| `test_ac_04_wire` | — | **not run** |" in page
    assert (
        "| AC-13 | " + CRITERIA[13].sentence + " | not shown here: left for a later issue | — | — |" in page
    )


def test_of_several_files_the_last_counts_of_variants_the_worst_and_vitest_is_read(tmp_path: Path) -> None:
    first, second, web = (tmp_path / name for name in ("first.json", "second.json", "web.json"))
    write(first, [Result("test_ac_01_page", (), "failed"), Result("test_ac_03_socket", (), "passed")])
    variants = [Result("test_ac_09_name", (), "failed"), Result("test_ac_09_name", (), "passed")]
    write(second, [Result("test_ac_01_page", (), "passed"), *variants])
    web.write_text(
        '{"testResults": [{"assertionResults": ['
        '{"title": "AC-23 names do not repeat", "status": "passed"},'
        '{"title": "links", "status": "passed"}]}]}'
    )

    assert merged([first, second, web]) == [
        Result("AC-23 names do not repeat", (), "passed"),
        Result("test_ac_01_page", (), "passed"),
        Result("test_ac_03_socket", (), "passed"),
        Result("test_ac_09_name", (), "failed"),
    ]
