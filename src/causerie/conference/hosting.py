"""What hosts may do to others' sources, hands and roles. Whether one is a host was asked before.

Hosts are equals: one cannot be muted, stopped or excluded by another without having been made a participant.
"""

from __future__ import annotations

from causerie.conference.commands import LowerHand, MuteParticipant, Role, SetRole, SourceKind, StopSource
from causerie.conference.door import Door
from causerie.conference.events import Code, Event, KnocksChanged, RoleChanged
from causerie.conference.hands import Hands
from causerie.conference.ids import ParticipantId
from causerie.conference.replies import done, rejected, told
from causerie.conference.stage import Stage
from causerie.conference.talking import hands_told


def refusal_of_target(stage: Stage, by: ParticipantId, target: ParticipantId) -> Code | None:
    """Returns why a host may do nothing to someone, or None."""
    participant = stage.participants.get(target)
    if participant is None:
        return Code.PARTICIPANT_UNKNOWN
    return Code.NOT_ALLOWED if participant.role is Role.HOST and target != by else None


def mute_participant(stage: Stage, wish: MuteParticipant) -> list[Event]:
    """Mutes the microphone of one participant, or of all but hosts."""
    if wish.participant is not None:
        refusal = refusal_of_target(stage, wish.by, wish.participant)
        if refusal is not None:
            return rejected(wish, refusal)
        targets = [stage.participants[wish.participant]]
    else:
        targets = [one for one in stage.participants.values() if one.role is not Role.HOST]
    microphones = [
        source
        for target in targets
        for source in target.sources.values()
        if source.kind is SourceKind.MICROPHONE
    ]
    return [done(wish), *(event for one in microphones for event in stage.mute_for(wish.by, one))]


def stop_source(stage: Stage, wish: StopSource) -> list[Event]:
    """Ends a share with its sound; mutes a camera or a microphone."""
    source = stage.source(wish.source)
    if source is None:
        return rejected(wish, Code.SOURCE_UNKNOWN)
    refusal = refusal_of_target(stage, wish.by, source.owner)
    if refusal is not None:
        return rejected(wish, refusal)
    return [done(wish), *stage.stop_for(wish.by, source)]


def lower_hand(stage: Stage, hands: Hands, wish: LowerHand) -> list[Event]:
    """Lowers one hand, or all."""
    if wish.participant is not None and wish.participant not in stage.participants:
        return rejected(wish, Code.PARTICIPANT_UNKNOWN)
    targets = hands.queue if wish.participant is None else (wish.participant,)
    return [done(wish), *(hands_told(stage, hands) if hands.lower(targets) else [])]


def set_role(stage: Stage, door: Door, wish: SetRole) -> list[Event]:
    """Makes someone a host, or a host a participant; the last host stays one."""
    target = stage.participants.get(wish.participant)
    if target is None:
        return rejected(wish, Code.PARTICIPANT_UNKNOWN)
    if wish.role is Role.WAITING or (wish.role is Role.PARTICIPANT and stage.hosts() == (target.id,)):
        return rejected(wish, Code.NOT_ALLOWED)
    if target.role is wish.role:
        return [done(wish)]
    target.role = wish.role
    knocks = door.knocks()
    learns = [KnocksChanged((target.id,), knocks)] if target.role is Role.HOST and knocks else []
    return [done(wish), *told(RoleChanged(stage.everyone(), target.id, target.role)), *learns]
