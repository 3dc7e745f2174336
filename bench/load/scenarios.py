"""What is played: who sends what, and who watches whom. Sizes are whole; `scaled` makes smaller ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.adapters.contract import Sent, Slots

MICROPHONE = Sent("microphone")
STAGE = Sent("camera", (1700,), (720,))
WEBINAR = Sent("camera", (3000,), (1080,))
GALLERY = Sent("camera", (150, 500, 1700), (180, 360, 720))
THUMBNAIL = Sent("camera", (150,), (180,))
SCREEN = Sent("screen", (1500,), (1080,), frames=10)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`publishers` send `sends` and watch each other; `watchers` only watch. `talkers` have a voice."""

    title: str
    publishers: int
    watchers: int
    sends: tuple[Sent, ...]
    slots: Slots
    height: int = 720
    talkers: int = 1
    loss_percent: float = 0
    """Of the packets to each receiver, which asks for them again."""
    factor: int = 1
    """By how much its people were divided, for a generator that cannot play them all."""

    def scaled(self, factor: int) -> Scenario:
        """Divides those who make the load: the watchers, or all where everyone publishes."""
        if self.watchers:
            return replace(self, watchers=max(1, self.watchers // factor), factor=factor)
        return replace(self, publishers=max(2, self.publishers // factor), factor=factor)

    @property
    def size(self) -> str:
        """As people say it: 1→100, or 10×10."""
        if self.watchers:
            return f"{self.publishers}→{self.watchers}"
        return f"{self.publishers}×{self.publishers}"


GALLERY_OF_TEN = Scenario(
    "gallery, 360p of three layers", 10, 0, (MICROPHONE, GALLERY), Slots(3, 9), height=360, talkers=3
)
SCENARIOS = {
    "s1": Scenario("stage 720p and a voice", 1, 100, (MICROPHONE, STAGE), Slots(1, 1)),
    "s2": Scenario("webinar 1080p and a voice", 1, 300, (MICROPHONE, WEBINAR), Slots(1, 1), height=1080),
    "s3": GALLERY_OF_TEN,
    "s4": Scenario("wall of 180p", 25, 0, (MICROPHONE, THUMBNAIL), Slots(3, 24), height=180, talkers=3),
    "s5": Scenario("voices, three of whom talk", 100, 0, (MICROPHONE,), Slots(3, 0), talkers=3),
    "s6": Scenario("screen share and a voice", 1, 100, (MICROPHONE, SCREEN), Slots(1, 1), height=1080),
    "s7": replace(GALLERY_OF_TEN, title="the same gallery, with 3 % loss on the way to each", loss_percent=3),
}
