"""Ids and secrets of participants, sessions and transports; the only chance in this edge."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection

from causerie.conference.ids import ParticipantId, SessionId, SourceId
from causerie.ports.media import IceCredentials

ICE_CHARACTERS = string.ascii_letters + string.digits + "+/"
UFRAG_LENGTH = 8
PASSWORD_LENGTH = 24
"""144 bits; RFC 8445 §5.3 asks for 128."""

SSRC_MAX = 2**32 - 1


def new_participant() -> ParticipantId:
    """Returns a short id, safe in addresses; 72 bits, so that nobody meets another's."""
    return ParticipantId(secrets.token_urlsafe(9))


def new_source() -> SourceId:
    """Returns a short id, safe in addresses; 72 bits."""
    return SourceId(secrets.token_urlsafe(9))


def new_session() -> SessionId:
    """Returns the public half of session tokens."""
    return SessionId(secrets.token_urlsafe(12))


def new_secret() -> str:
    """Returns the secret half of a session token; 256 bits."""
    return secrets.token_urlsafe(32)


def new_ice() -> IceCredentials:
    """Returns fresh credentials for one side of a transport."""
    return IceCredentials(ice_text(UFRAG_LENGTH), ice_text(PASSWORD_LENGTH))


def ice_text(length: int) -> str:
    """Returns so many random ice-chars (RFC 8839 §5.4)."""
    return "".join(secrets.choice(ICE_CHARACTERS) for _ in range(length))


def new_cname() -> str:
    """Returns an RTCP CNAME that tells nothing (RFC 7022 §4.2: 96 bits)."""
    return secrets.token_urlsafe(12)


def new_ssrc(taken: Collection[int]) -> int:
    """Returns a random SSRC that is not 0 and not in `taken`."""
    while (ssrc := 1 + secrets.randbelow(SSRC_MAX)) in taken:
        pass
    return ssrc
