"""Counts media packets and repeated ones as they pass a cable; only their payloads are encrypted. Pure."""

from __future__ import annotations

from collections import OrderedDict, defaultdict

IPV4, UDP, UDP_HEADER = 4, 17, 8
RTP_HEADER = 12
# RFC 5761 section 4: with this second byte it is RTCP.
RTCP_TYPES = range(192, 224)
REMEMBERED = 1_024


class Tap:
    """Remembers the last packets of each stream of one direction."""

    def __init__(self) -> None:
        self.media = 0
        self.repeated = 0
        self._seen: defaultdict[bytes, OrderedDict[bytes, None]] = defaultdict(OrderedDict)

    def see(self, packet: bytes) -> None:
        """Counts an IPv4 packet if it carries SRTP."""
        start = (packet[0] & 0x0F) * 4 + UDP_HEADER
        if packet[0] >> 4 != IPV4 or packet[9] != UDP or len(packet) < start + RTP_HEADER:
            return
        if packet[start] >> 6 != 2 or packet[start + 1] in RTCP_TYPES:
            return
        self.media += 1
        seen, number = self._seen[packet[start + 8 : start + 12]], packet[start + 2 : start + 4]
        if number in seen:
            self.repeated += 1
            return
        seen[number] = None
        if len(seen) > REMEMBERED:
            seen.popitem(last=False)
