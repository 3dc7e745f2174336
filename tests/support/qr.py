"""Reads a QR code from its modules, so that a test knows what a phone would open (ISO/IEC 18004).

For flawless pictures of versions 2 to 6 with text in bytes, digits or capitals: nothing is corrected.
"""

from __future__ import annotations

from collections.abc import Iterator

Modules = list[list[bool]]
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
LEVELS = "MLHQ"
# Data bytes of each block, by version and level of error correction (table 9).
BLOCKS = {
    (2, "L"): [34], (2, "M"): [28], (2, "Q"): [22], (2, "H"): [16],
    (3, "L"): [55], (3, "M"): [44], (3, "Q"): [17] * 2, (3, "H"): [13] * 2,
    (4, "L"): [80], (4, "M"): [32] * 2, (4, "Q"): [24] * 2, (4, "H"): [9] * 4,
    (5, "L"): [108], (5, "M"): [43] * 2, (5, "Q"): [15] * 2 + [16] * 2, (5, "H"): [11] * 2 + [12] * 2,
    (6, "L"): [68] * 2, (6, "M"): [27] * 4, (6, "Q"): [19] * 4, (6, "H"): [15] * 4,
}  # fmt: skip
MASKS = [
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
]


def text_of(modules: Modules) -> str:
    """Returns the text of a code; `modules` are True where dark and have no rim."""
    version = (len(modules) - 17) // 4
    form = int("".join("01"[modules[8][x]] for x in range(5)), 2) ^ 0b10101
    level, mask = LEVELS[form >> 3], MASKS[form & 7]
    bits = [
        modules[y][x] ^ (mask(y, x) == 0) for y, x in _zigzag(len(modules)) if not _fixed(y, x, len(modules))
    ]
    stream = [int("".join("01"[bit] for bit in bits[at : at + 8]), 2) for at in range(0, len(bits) - 7, 8)]
    return "".join(_segments(_joined(stream, BLOCKS[version, level])))


def _zigzag(size: int) -> Iterator[tuple[int, int]]:
    """Yields rows and columns in the order of the data: pairs of columns from the right, up and down."""
    upwards = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for y in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((y, right), (y, right - 1))
        upwards = not upwards


def _fixed(y: int, x: int, size: int) -> bool:
    """Says whether a module belongs to a pattern and not to the data."""
    far = size - 8
    finder = (y < 9 and (x < 9 or x >= far)) or (y >= far and x < 9)
    return finder or 6 in (y, x) or (abs(y - size + 7) <= 2 and abs(x - size + 7) <= 2)


def _joined(stream: list[int], blocks: list[int]) -> str:
    """Undoes the interleaving of blocks; returns the bits of the data."""
    data: list[list[int]] = [[] for _ in blocks]
    order = [block for at in range(max(blocks)) for block, length in enumerate(blocks) if at < length]
    for block, byte in zip(order, stream, strict=False):  # what follows the data corrects errors
        data[block].append(byte)
    return "".join(f"{byte:08b}" for block in data for byte in block)


def _segments(bits: str) -> Iterator[str]:
    """Yields the text of each segment, whatever its mode."""
    at = 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    while len(bits) - at >= 4 and (mode := take(4)):
        match mode:
            case 1:
                length = take(10)
                yield "".join(
                    f"{take({3: 10, 2: 7, 1: 4}[part]):0{part}}"
                    for part in [3] * (length // 3) + [length % 3] * (length % 3 > 0)
                )
            case 2:
                length = take(9)
                pairs = (divmod(take(11), 45) for _ in range(length // 2))
                yield "".join(ALPHANUMERIC[one] + ALPHANUMERIC[two] for one, two in pairs)
                yield ALPHANUMERIC[take(6)] if length % 2 else ""
            case 4:
                yield bytes(take(8) for _ in range(take(8))).decode()
            case _:
                raise ValueError(f"mode {mode} is not read here")
