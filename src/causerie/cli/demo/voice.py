"""Sound that is like speech and says nothing: syllables of a throat's pulses through two resonances. Pure."""

from __future__ import annotations

import array
import math
import random
from collections.abc import Iterator

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50
"""20 ms."""
VOWELS = ((730, 1090), (570, 840), (300, 870), (530, 1840), (270, 2290), (440, 1020))
"""First and second resonance in Hz of a, o, u, e, i, œ, as spoken by adults (Peterson and Barney, 1952)."""
BANDWIDTH_HZ = 90.0
SYLLABLES = 18
LOUDNESS = 9_000


def syllables(pitch_hz: float, chance: random.Random) -> list[array.array[int]]:
    """Returns some syllables of one voice, 16-bit samples; `pitch_hz`: 110 is a low voice, 210 a high one."""
    return [_syllable(pitch_hz, chance) for _ in range(SYLLABLES)]


def babble(spoken: list[array.array[int]], chance: random.Random) -> Iterator[array.array[int]]:
    """Yields frames of 20 ms without end: words of one to four syllables, with short pauses between them."""
    pending: array.array[int] = array.array("h")
    while True:
        while len(pending) < FRAME_SAMPLES:
            for _ in range(chance.randint(1, 4)):
                pending.extend(chance.choice(spoken))
            pending.extend(silence(chance.uniform(0.05, 0.22)))
        yield pending[:FRAME_SAMPLES]
        pending = pending[FRAME_SAMPLES:]


def silence(seconds: float) -> array.array[int]:
    """Returns samples without sound."""
    return array.array("h", bytes(2 * int(seconds * RATE_HZ)))


def _syllable(pitch_hz: float, chance: random.Random) -> array.array[int]:
    length = int(chance.uniform(0.11, 0.24) * RATE_HZ)
    start, end = pitch_hz * chance.uniform(0.95, 1.2), pitch_hz * chance.uniform(0.85, 1.05)
    sound = _pulses(length, start, end)
    for formant in chance.choice(VOWELS):
        sound = _resonated(sound, formant)
    loudest = max(map(abs, sound)) or 1.0
    return array.array(
        "h", (int(LOUDNESS * _envelope(i / length) * value / loudest) for i, value in enumerate(sound))
    )


def _pulses(length: int, start_hz: float, end_hz: float) -> list[float]:
    """Returns a train of pulses whose pitch glides, as the vocal folds make it."""
    sound, phase = [], 0.0
    for i in range(length):
        phase += (start_hz + (end_hz - start_hz) * i / length) / RATE_HZ
        sound.append(1.0 if phase >= 1.0 else 0.0)
        phase %= 1.0
    return sound


def _resonated(sound: list[float], formant_hz: float) -> list[float]:
    """Returns the sound through a resonance with two poles."""
    radius = math.exp(-math.pi * BANDWIDTH_HZ / RATE_HZ)
    first, second = 2 * radius * math.cos(2 * math.pi * formant_hz / RATE_HZ), -radius * radius
    before, last, out = 0.0, 0.0, []
    for value in sound:
        before, last = last, value + first * last + second * before
        out.append(last)
    return out


def _envelope(part: float) -> float:
    """Returns how loud a syllable is at a part of its length: quick rise, slow fall."""
    return min(1.0, part / 0.15) * min(1.0, (1.0 - part) / 0.4)
