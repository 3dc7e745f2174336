"""Numbered pictures: a camera that stamps them, and a page that reads the numbers and compares the pictures.

A picture is known by its number alone, in any size, so the receiver paints the original again. All of it is
grey: what is compared is luminance, whatever matrix a browser takes for colours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.browser.people import Person

COUNT = 1024
"""Numbers begin again after so many pictures."""

# A strip of black and white blocks, the ten bits of a number and their inverses, above two crossing waves
# that each move by a good part of their length from one number to the next.
_PICTURES = """
(() => {
  const [BITS, STRIP, TURN] = [10, 1 / 9, 4096];
  const WAVES = [
    { across: 9, down: 3, step: 0.13 },
    { across: -4, down: 6, step: 0.21 },
  ];
  const sine = Float32Array.from({ length: TURN }, (_, at) => 45 * Math.sin((2 * Math.PI * at) / TURN));
  const isWhite = (block, number) => ((number >> (block % BITS)) & 1) !== Number(block >= BITS);
  window.__light = (number, width, height) => {
    const light = new Float32Array(width * height);
    const strip = Math.round(height * STRIP);
    const columns = WAVES.map(({ across }) =>
      Int32Array.from({ length: width }, (_, x) => (TURN * across * (x + 0.5)) / width));
    for (let y = 0, at = 0; y < height; y += 1) {
      const starts = WAVES.map(({ down, step }) => TURN * ((down * (y + 0.5)) / height + step * number + 99));
      for (let x = 0; x < width; x += 1, at += 1) {
        if (y < strip) light[at] = isWhite(Math.floor((2 * BITS * x) / width), number) ? 235 : 20;
        else {
          const first = sine[(columns[0][x] + starts[0]) & (TURN - 1)];
          light[at] = 128 + first + sine[(columns[1][x] + starts[1]) & (TURN - 1)];
        }
      }
    }
    return light;
  };
  window.__number = (light, width, height) => {
    const row = width * Math.round((height * STRIP) / 2);
    const at = (block) => row + Math.floor(((block + 0.5) * width) / (2 * BITS));
    const bit = (first, of) => Number(light[at(first + of)] > 128) << of;
    const bits = [...Array(BITS).keys()];
    const read = (first) => bits.reduce((sum, of) => sum + bit(first, of), 0);
    const number = read(0);
    return number + read(BITS) === 2 ** BITS - 1 ? number : null;
  };
})();
"""
# Chromium turns a canvas into full-range luminance without saying so in VP8, VP9 and AV1: there the picture
# is made of luminance of the usual range itself.
_CAMERA = """
(() => {
  const [width, height, frameRate] = SIZE;
  const media = navigator.mediaDevices;
  if (media === undefined) return;
  function generated() {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    const writer = track.writable.getWriter();
    const planes = new Uint8Array(width * height * 1.5).fill(128);
    const colorSpace = { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false };
    const shoot = (light) => {
      light.forEach((value, at) => (planes[at] = Math.round(16 + (value * 219) / 255)));
      const timestamp = Math.round(1000 * performance.now());
      const size = { codedWidth: width, codedHeight: height };
      const frame = new VideoFrame(planes, { format: "I420", ...size, timestamp, colorSpace });
      if (writer.desiredSize > 0) writer.write(frame).catch(() => undefined);
      else frame.close();
    };
    return { track, shoot };
  }
  function painted() {
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const source = context.canvas.captureStream(0);
    const shoot = (light) => {
      light.forEach((value, at) => (pixels[at] = 0xff000000 + 0x010101 * Math.round(value)));
      context.putImageData(image, 0, 0);
      source.requestFrame();
    };
    return { track: source.getVideoTracks()[0], shoot };
  }
  media.getUserMedia = async ({ audio, video }) => {
    const stream = new MediaStream();
    if (video) {
      const { track, shoot } = window.MediaStreamTrackGenerator === undefined ? painted() : generated();
      let number = 0;
      const next = () => (number = (number + 1) % 1024);
      setInterval(() => shoot(window.__light(next(), width, height)), 1000 / frameRate);
      stream.addTrack(track);
    }
    if (audio) {
      const silence = new MediaStreamAudioDestinationNode(new AudioContext()).stream;
      stream.addTrack(silence.getAudioTracks()[0]);
    }
    return stream;
  };
})();
"""
_ONLY_CODEC = """
(() => {
  const native = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    const fits = ({ mimeType }) => !mimeType.startsWith("video/") || /^video\\/(CODEC|rtx)$/i.test(mimeType);
    native.call(this, codecs.filter(fits));
  };
})();
"""
# Firefox lists what it would have to fetch a plugin for.
_HAS_CODEC = """
(mimeType) => {
  const named = (codec) => codec.mimeType.toLowerCase() === mimeType;
  const sides = [RTCRtpSender, RTCRtpReceiver];
  const [sender, receiver] = sides.map((side) => side.getCapabilities("video").codecs);
  const connection = new RTCPeerConnection();
  try {
    connection.addTransceiver("video").setCodecPreferences(receiver.filter(named));
    return sender.some(named) && receiver.some(named);
  } catch {
    return false;
  } finally {
    connection.close();
  }
}
"""
# Notes each picture of somebody else that is shown, whichever element shows it.
_WATCH = """
() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const watched = new WeakSet();
  const frames = (window.__frames = []);
  const note = (video, isFirst) => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0 || height === 0) return;
    if (context.canvas.width !== width || context.canvas.height !== height) {
      Object.assign(context.canvas, { width, height });
    }
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const light = new Float32Array(width * height);
    for (let at = 0; at < light.length; at += 1) {
      light[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
    }
    const number = window.__number(light, width, height);
    if (number === null) return void frames.push({ number, height, error: 0, isFirst });
    const sent = window.__light(number, width, height);
    const error = sent.reduce((sum, one, at) => sum + (one - light[at]) ** 2, 0);
    frames.push({ number, height, error: error / light.length, isFirst });
  };
  const follow = (video, isFirst) =>
    video.requestVideoFrameCallback(() => {
      note(video, isFirst);
      follow(video, false);
    });
  setInterval(() => {
    for (const video of document.querySelectorAll("[data-testid=tile] video:not(.mirrored)")) {
      if (watched.has(video)) continue;
      watched.add(video);
      follow(video, true);
    }
  }, 50);
}
"""
_RECEIVED_CODECS = """
async () => {
  const names = new Set();
  for (const connection of window.__connections) {
    if (connection.connectionState === "closed") continue;
    const report = await connection.getStats();
    for (const entry of report.values()) {
      if (entry.type !== "inbound-rtp" || entry.kind !== "video" || !entry.framesDecoded) continue;
      names.add(report.get(entry.codecId).mimeType.replace("video/", ""));
    }
  }
  return [...names];
}
"""


@dataclass(frozen=True)
class Frame:
    """One picture that was shown."""

    number: int | None
    """None where the stamp cannot be read."""
    height: int
    error: float
    """Mean square of the difference from the picture that was sent, in luminance of 0–255."""
    is_first: bool
    """Of its element: the same picture may have been shown in the one before."""

    @property
    def decibels(self) -> float:
        """PSNR of luminance."""
        return 10 * math.log10(255**2 / max(self.error, 1e-3))


def stamped_camera(width: int, height: int, frame_rate: int) -> tuple[str, str]:
    """Scripts: a camera of numbered pictures, and what a page needs to read them."""
    return _PICTURES, _CAMERA.replace("SIZE", str([width, height, frame_rate]))


def only_codec(codec: str) -> str:
    """A script: pictures are offered in this codec alone."""
    return _ONLY_CODEC.replace("CODEC", codec)


async def has_codec(someone: Person, codec: str) -> bool:
    """Whether someone's browser both sends and receives it."""
    return bool(await someone.page.evaluate(_HAS_CODEC, f"video/{codec}".lower()))


async def watch_frames(someone: Person) -> None:
    """Starts to note what is shown of others; `frames` tells."""
    await someone.page.evaluate(_WATCH)


async def frames(someone: Person, since: int = 0) -> list[Frame]:
    """What was shown, from the `since`-th picture on."""
    noted: list[dict[str, Any]] = await someone.page.evaluate("since => window.__frames.slice(since)", since)
    return [Frame(one["number"], one["height"], one["error"], one["isFirst"]) for one in noted]


async def received_codecs(someone: Person) -> list[str]:
    """Of all pictures that were ever decoded, by the browser's statistics."""
    return list(await someone.page.evaluate(_RECEIVED_CODECS))


def unreadable(shown: Sequence[Frame]) -> int:
    return sum(frame.number is None for frame in shown)


def out_of_order(shown: Sequence[Frame]) -> list[tuple[int, int]]:
    """Pairs of a number and one shown after it, in the same size, that is not newer.

    Another element may begin with the picture that the one before showed last.
    """
    return [
        (before.number or 0, after.number or 0)
        for before, after in itertools.pairwise(_readable(shown))
        if before.height == after.height
        and not (_ahead(before, after) > 0 or (_ahead(before, after) == 0 and after.is_first))
    ]


def begun_again(shown: Sequence[Frame]) -> list[int]:
    """How many numbers back pictures went where their size changed.

    The server may begin another layer with a key frame of up to a second ago.
    """
    pairs = itertools.pairwise(_readable(shown))
    backs = [-_ahead(before, after) for before, after in pairs if before.height != after.height]
    return [back for back in backs if back >= 0]


def share_shown(shown: Sequence[Frame]) -> float:
    """Of all numbers from the first to the last, those that were shown."""
    readable = _readable(shown)
    span = 1 + sum(_ahead(before, after) for before, after in itertools.pairwise(readable))
    return len({frame.number for frame in readable}) / span


def _readable(shown: Sequence[Frame]) -> list[Frame]:
    return [frame for frame in shown if frame.number is not None]


def _ahead(before: Frame, after: Frame) -> int:
    """By how many numbers the second is newer; negative where it is older."""
    ahead = ((after.number or 0) - (before.number or 0)) % COUNT
    return ahead if ahead < COUNT // 2 else ahead - COUNT
