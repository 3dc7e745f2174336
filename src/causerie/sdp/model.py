"""The typed form of a session description and its limits. Knows the grammar's nouns, not their use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


class SdpError(Exception):
    """The text is not a description that we accept; the message says why, without quoting secrets."""


@dataclass(frozen=True, slots=True)
class SdpLimits:
    """What a description may cost us. A browser's offer with 22 sections is 65 kB and 2,400 lines."""

    bytes: int = 131_072
    lines: int = 5_000
    line_length: int = 2_048
    sections: int = 80
    receive_sections: int = 8
    """As many as the media engine takes; our client has four."""
    slots: int = 64
    """As many as the media engine takes; our client begins with eighteen."""
    ssrcs_per_section: int = 16
    rids_per_section: int = 4
    payload_types: int = 64
    fingerprints: int = 4


DEFAULT = SdpLimits()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An `a=` line; `value` is None for a property attribute such as `rtcp-mux` (RFC 8866 §5.13)."""

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line that we keep but do not interpret: type letter and value."""

    letter: str
    value: str


class _Attributed:
    __slots__ = ()
    attributes: tuple[Attribute, ...]

    def values(self, name: str) -> Iterator[str]:
        """Yields the values of every attribute called `name`, in order."""
        return (a.value for a in self.attributes if a.name == name and a.value is not None)

    def value(self, name: str) -> str | None:
        """Returns the first value of attribute `name`, or None."""
        return next(self.values(name), None)

    def has(self, name: str) -> bool:
        """Says whether attribute `name` is there, with or without a value."""
        return any(a.name == name for a in self.attributes)


@dataclass(frozen=True, slots=True)
class Section(_Attributed):
    """A media description: the `m=` line and what follows it (RFC 8866 §5.14)."""

    media: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    attributes: tuple[Attribute, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Origin:
    """The `o=` line (RFC 8866 §5.2); numbers are decimal digits of any size."""

    username: str
    session_id: str
    version: str
    address: str
    """Net type, address type and address, as one text."""


@dataclass(frozen=True, slots=True)
class Description(_Attributed):
    """A whole session description."""

    origin: Origin
    name: str
    lines: tuple[Line, ...]
    """Session lines other than `v=`, `o=`, `s=` and `a=`, `t=` among them."""
    attributes: tuple[Attribute, ...]
    sections: tuple[Section, ...]
