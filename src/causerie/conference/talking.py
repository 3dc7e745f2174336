"""What everyone may do beside speaking: write, raise a hand, react, report how their connection is."""

from __future__ import annotations

from causerie.conference import watchdog
from causerie.conference.chat import Chat
from causerie.conference.commands import React, Report, SendChat, SetHand
from causerie.conference.events import (
    ChatMessageSent,
    ChatView,
    Code,
    Event,
    HandsChanged,
    QualityChanged,
    Reacted,
)
from causerie.conference.hands import Hands
from causerie.conference.ids import Instant
from causerie.conference.replies import done, rejected, told
from causerie.conference.stage import Stage
from causerie.conference.state import Participant


def send_chat(
    stage: Stage, kept: Chat, author: Participant, wish: SendChat, *, now: Instant, at_ms: int
) -> list[Event]:
    """Carries a message to everyone, or to one person and back to its author."""
    if wish.to is not None and (wish.to == author.id or wish.to not in stage.participants):
        return rejected(wish, Code.PARTICIPANT_UNKNOWN)
    text = kept.cleaned(wish.text)
    if text is None:
        return rejected(wish, Code.BAD_TEXT)
    if not author.pace.chat.take(now):
        return rejected(wish, Code.RATE_LIMITED)
    message = ChatView(kept.next_id(), author.id, author.name, text, at_ms, wish.to)
    kept.keep(message)
    audience = stage.everyone() if wish.to is None else (author.id, wish.to)
    return [done(wish), ChatMessageSent(audience, message)]


def set_hand(
    stage: Stage, hands: Hands, participant: Participant, wish: SetHand, now: Instant
) -> list[Event]:
    """Raises or lowers one's own hand."""
    if not participant.pace.hands.take(now):
        return rejected(wish, Code.RATE_LIMITED)
    changed = hands.put(participant.id, raised=wish.raised)
    return [done(wish), *(hands_told(stage, hands) if changed else [])]


def hands_told(stage: Stage, hands: Hands) -> list[Event]:
    """Tells everyone who has a hand up now."""
    return told(HandsChanged(stage.everyone(), hands.queue))


def react(stage: Stage, participant: Participant, wish: React, now: Instant) -> list[Event]:
    """Shows everyone a reaction."""
    if not participant.pace.reactions.take(now):
        return rejected(wish, Code.RATE_LIMITED)
    return [done(wish), Reacted(stage.everyone(), participant.id, wish.emoji)]


def report(stage: Stage, participant: Participant, wish: Report, now: Instant) -> list[Event]:
    """Takes how someone's connection is, and looks for voices that do not reach them."""
    if not participant.pace.reports.take(now):
        return rejected(wish, Code.RATE_LIMITED)
    changed = wish.quality is not participant.quality
    participant.quality = wish.quality
    news = QualityChanged(stage.everyone(), participant.id, wish.quality)
    return [
        done(wish),
        *([news] if changed else []),
        *watchdog.judge(participant, wish.hearing, stage.voices(), now),
    ]
