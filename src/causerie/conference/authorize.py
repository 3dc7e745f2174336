"""Who may wish what. The only gate: what the table does not name, nobody may."""

from __future__ import annotations

from causerie.conference import commands
from causerie.conference.commands import GuestWish, Role
from causerie.conference.events import Code

HOSTS = frozenset({Role.HOST})
MEMBERS = frozenset({Role.HOST, Role.PARTICIPANT})
ANYONE = frozenset(Role)

ALLOWED: dict[type[GuestWish], frozenset[Role]] = {
    commands.Publish: MEMBERS,
    commands.Unpublish: MEMBERS,
    commands.SetMuted: MEMBERS,
    commands.Subscribe: MEMBERS,
    commands.Renegotiate: MEMBERS,
    commands.SetHand: MEMBERS,
    commands.React: MEMBERS,
    commands.SendChat: MEMBERS,
    commands.Report: MEMBERS,
    commands.MuteParticipant: HOSTS,
    commands.StopSource: HOSTS,
    commands.LowerHand: HOSTS,
    commands.Exclude: HOSTS,
    commands.SetLocked: HOSTS,
    commands.SetWaitingRoom: HOSTS,
    commands.Admit: HOSTS,
    commands.Refuse: HOSTS,
    commands.SetRole: HOSTS,
    commands.SetPassword: HOSTS,
    commands.EndConference: HOSTS,
    commands.Leave: ANYONE,
}


def authorize(role: Role | None, wish: GuestWish) -> Code | None:
    """Returns why someone of this role may not have this wish, or None; no role: they are not here at all."""
    if role is None:
        return Code.NOT_JOINED
    if role in ALLOWED.get(type(wish), frozenset()):
        return None
    return Code.NOT_ADMITTED if role is Role.WAITING else Code.NOT_ALLOWED
