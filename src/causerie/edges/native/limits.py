"""Bounds of the native edge, each with its unit and the reason for its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may happen: `burst` at once, then `per_second`."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What one socket, and all that have not said who they are, may cost us."""

    join_timeout_s: float = 15.0
    """From accept to `joined` or `resumed`: an offer made on a slow phone needs 2 s."""

    unauthenticated_sockets: int = 256
    """Sockets that neither joined nor resumed. They cost memory and give nothing."""

    password_timeout_s: float = 120.0
    """The same once a password was asked for: people look it up."""

    joins: int = 10
    """`join`s on one socket, wrong passwords included: these have their own throttle, which must answer."""

    sockets_per_address: int = 300
    """Open at once from one IPv4 address or IPv6 /64: a school behind one NAT."""

    passwords: Rate = Rate(per_second=0.1, burst=5)
    """Passwords set on a socket: each costs 50 ms of a core."""

    messages: Rate = Rate(per_second=50, burst=100)
    """All messages of a socket; a hand on every switch at once sends 10 a second."""

    offers: Rate = Rate(per_second=0.5, burst=5)
    """`resume` and `renegotiate` of a socket: an offer takes up to 20 ms to read."""

    outbox_messages: int = 2_048
    """Not yet sent on a socket: a full replay of 1,000 events, and as much again."""

    outbox_bytes: int = 3_145_728
    """The same in bytes: twice the longest `joined`, that of a room of 500 whose chat is full."""

    close_timeout_s: float = 2.0
    """How long a closing handshake is waited for."""
