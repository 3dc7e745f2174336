"""The answers and news that every rule is made of."""

from __future__ import annotations

from causerie.conference import policy
from causerie.conference.commands import Wish
from causerie.conference.events import Code, Done, Event, News, Rejected


def rejected(wish: Wish, code: Code) -> list[Event]:
    """Returns the refusal of a wish, for its sender only."""
    return [Rejected(policy.only(wish.by), wish.ref, code)]


def done(wish: Wish) -> Event:
    """Returns the answer to a wish that has none of its own."""
    return Done(policy.only(wish.by), wish.ref)


def told(fact: News) -> list[Event]:
    """Returns the fact, unless there is nobody to tell."""
    return [fact] if fact.to else []
