"""Numbered pictures that were lost, repeated or exchanged are found."""

from __future__ import annotations

import pytest
from bench.identity import figures_of

from tests.browser.stamps import COUNT, Frame, begun_again, out_of_order, share_shown


def shown(*numbers: int | None, height: int = 360) -> list[Frame]:
    return [Frame(number, height, error=1.0, is_first=False) for number in numbers]


def test_numbers_that_rise_are_in_order_across_gaps_and_a_new_beginning() -> None:
    assert out_of_order(shown(COUNT - 3, COUNT - 1, None, 0, 5)) == []


def test_a_picture_shown_twice_or_after_a_newer_one_is_out_of_order() -> None:
    assert out_of_order(shown(7, 7, 9, 8, 10)) == [(7, 7), (9, 8)]


def test_another_element_may_begin_with_the_last_picture_of_the_one_before() -> None:
    again = Frame(7, 360, error=1.0, is_first=True)
    assert out_of_order([*shown(6, 7), again, *shown(8)]) == []


def test_another_layer_that_begins_with_an_older_picture_is_counted_by_itself() -> None:
    changed = [*shown(20, 21), *shown(18, 19, height=180), *shown(22)]
    assert (out_of_order(changed), begun_again(changed)) == ([], [3])


def test_the_share_counts_each_number_once() -> None:
    assert share_shown(shown(1, 2, 4)) == pytest.approx(0.75)
    assert share_shown([*shown(1, 2, 3), *shown(2, 3, 4, height=180)]) == pytest.approx(1)


def test_figures_say_that_no_picture_was_shown() -> None:
    assert figures_of([], []) == {"absent": "no picture was shown"}
    assert figures_of(shown(1, 2), ["VP8"])["median_db"] == pytest.approx(48.1)
