"""SDP to transport and stream parameters, and back. Pure: no I/O, no clock, no randomness.

An edge calls `negotiate` with the client's offer, `parameters` for the engine, and `answer` for the client.
Only this package knows SDP; the engine never sees any.
"""

from causerie.sdp.answering import answer, parameters
from causerie.sdp.model import DEFAULT, SdpError, SdpLimits
from causerie.sdp.negotiation import Negotiation, SlotSection, negotiate

__all__ = [
    "DEFAULT",
    "Negotiation",
    "SdpError",
    "SdpLimits",
    "SlotSection",
    "answer",
    "negotiate",
    "parameters",
]
