"""What members of messages may hold: bounded texts and numbers, and closed sets of strings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Ref = Annotated[int, Meta(ge=0, le=2**31 - 1, description="Chosen by the client; repeated in the answer.")]
EventNumber = Annotated[int, Meta(ge=0, le=2**53 - 1)]
RoomName = Annotated[
    str,
    Meta(min_length=1, max_length=256, description="As typed; the server folds it to the canonical slug."),
]
DisplayName = Annotated[
    str, Meta(max_length=256, description="As typed; cleaned and cut to 64 graphemes by the server.")
]
Sdp = Annotated[str, Meta(min_length=1, max_length=131_072)]
MidName = Annotated[str, Meta(min_length=1, max_length=16)]
ParticipantName = Annotated[str, Meta(min_length=1, max_length=32, description="Participant id.")]
SourceName = Annotated[str, Meta(min_length=1, max_length=32, description="Source id.")]
Token = Annotated[str, Meta(min_length=16, max_length=128)]
Visitor = Annotated[
    str,
    Meta(min_length=16, max_length=64, description="Random, kept by the browser; keeps the excluded out."),
]
Password = Annotated[str, Meta(max_length=256)]
Text = Annotated[
    str,
    Meta(max_length=16_000, description="As typed; once cleaned, at most 4,000 characters."),
]

Lines = Annotated[
    int,
    Meta(ge=0, le=4320, description="Height of a tile in device pixels; 0: not on screen, nothing is sent."),
]
FramesPerSecond = Annotated[int, Meta(ge=1, le=60)]

SourceKind = Literal["microphone", "camera", "screen", "screen-audio"]
TransportStateName = Literal["connecting", "connected", "interrupted", "closed"]
RoleName = Literal["host", "participant"]
QualityName = Literal["good", "medium", "bad"]
Emoji = Literal["👍", "👏", "❤️", "😂", "😮", "🎉"]
EndedReason = Literal["excluded", "ended-for-all", "refused"]
ErrorCode = Literal[
    "malformed",
    "unsupported",
    "version",
    "not-joined",
    "already-joined",
    "bad-name",
    "bad-room",
    "bad-offer",
    "room-full",
    "session-unknown",
    "source-unknown",
    "source-limit",
    "section-unknown",
    "rate-limited",
    "media-unavailable",
    "instance-full",
    "stopping",
    "password-required",
    "password-wrong",
    "throttled",
    "room-locked",
    "excluded",
    "refused",
    "ended",
    "not-allowed",
    "not-admitted",
    "empty-password",
    "participant-unknown",
    "bad-text",
]
