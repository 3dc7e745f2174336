"""One connectivity check as a browser sends it (RFC 8489, RFC 8445 §7.1), and its answer. Pure."""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib

BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
COOKIE = 0x2112A442
USERNAME, MESSAGE_INTEGRITY, PRIORITY = 0x0006, 0x0008, 0x0024
FINGERPRINT, ICE_CONTROLLING = 0x8028, 0x802A
FINGERPRINT_XOR = 0x5354554E
HEADER_BYTES, INTEGRITY_BYTES, FINGERPRINT_BYTES = 20, 24, 8


def binding_request(transaction: bytes, *, username: str, password: str) -> bytes:
    """Returns a check with MESSAGE-INTEGRITY and FINGERPRINT; `transaction` has 12 bytes, `username` is
    `theirs:ours`, `password` theirs.
    """
    attributes = (
        _attribute(USERNAME, username.encode())
        + _attribute(PRIORITY, struct.pack("!I", 1 << 24))
        + _attribute(ICE_CONTROLLING, transaction[:8])
    )
    body = _header(len(attributes) + INTEGRITY_BYTES, transaction) + attributes
    digest = hmac.new(password.encode(), body, hashlib.sha1).digest()
    signed = attributes + _attribute(MESSAGE_INTEGRITY, digest)
    body = _header(len(signed) + FINGERPRINT_BYTES, transaction) + signed
    checksum = zlib.crc32(body) ^ FINGERPRINT_XOR
    return body + _attribute(FINGERPRINT, struct.pack("!I", checksum))


def is_success(datagram: bytes, transaction: bytes) -> bool:
    """Says whether a datagram is the answer "yes" to the check of `transaction`."""
    if len(datagram) < HEADER_BYTES:
        return False
    kind, _, cookie = struct.unpack_from("!HHI", datagram)
    return (kind, cookie, datagram[8:20]) == (BINDING_SUCCESS, COOKIE, transaction)


def _header(length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", BINDING_REQUEST, length, COOKIE) + transaction


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
