"""Devices and statistics as a test wants them: scripts for the page, to be added before it opens.

The camera stays the browser's own fake one, made small: how well a busy machine codes is not tested with it.
"""

from __future__ import annotations

_DEVICES = """
(() => {
  const [width, height, frameRate] = SIZE;
  const media = navigator.mediaDevices;
  if (media === undefined) return;
  const native = media.getUserMedia.bind(media);
  window.__cameras = [];
  // Firefox's own fake microphone sounds all the time. Chromium's beeps now and then: there the sound is
  // made here, which Firefox does not do where there is no sound card.
  async function gatedMicrophone() {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const [track] = (await native({ audio: plain })).getAudioTracks();
    const enabled = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, "enabled");
    let [isOn, ending] = [true, null];
    const gate = () => enabled.set.call(track, isOn && ending !== null);
    const end = () => {
      ending = null;
      gate();
    };
    // The page switches its microphone too: only both together let it sound.
    Object.defineProperty(track, "enabled", { get: () => isOn, set: (on) => ((isOn = on), gate()) });
    window.__speak = (ms) => {
      clearTimeout(ending);
      ending = setTimeout(end, ms);
      gate();
      return Date.now();
    };
    gate();
    return track;
  }
  function madeMicrophone() {
    const context = new AudioContext();
    const voice = new OscillatorNode(context, { frequency: 300 });
    const level = new GainNode(context, { gain: 0 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    voice.connect(level).connect(out);
    voice.start();
    window.__speak = (ms) => {
      level.gain.cancelScheduledValues(0);
      level.gain.setValueAtTime(0.3, context.currentTime);
      level.gain.setValueAtTime(0, context.currentTime + ms / 1000);
      return Date.now();
    };
    return out.stream.getAudioTracks()[0];
  }
  media.getUserMedia = async ({ audio, video }) => {
    const stream = video ? await native({ video: { width, height, frameRate } }) : new MediaStream();
    window.__cameras.push(...stream.getVideoTracks());
    const open = navigator.userAgent.includes("Firefox") ? gatedMicrophone : madeMicrophone;
    if (audio) stream.addTrack(await open());
    return stream;
  };
})();
"""


def devices(width: int = 320, height: int = 180, frame_rate: int = 15) -> str:
    """A camera of this size, and a microphone that is silent until `__speak(ms)`.

    `__cameras` holds the tracks of all cameras that were ever opened.
    """
    return _DEVICES.replace("SIZE", str([width, height, frame_rate]))


# A screen that changes ten times a second.
# `__refuse_screen` closes the picker; `__end_screen()` is the browser's own bar.
FAKE_SCREEN = """
(() => {
  const media = navigator.mediaDevices;
  if (media === undefined) return;
  media.getDisplayMedia = async () => {
    window.__screens_asked = (window.__screens_asked ?? 0) + 1;
    if (window.__refuse_screen) throw new DOMException("closed", "NotAllowedError");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 360];
    const context = canvas.getContext("2d");
    setInterval(() => {
      context.fillStyle = "#fff";
      context.fillRect(0, 0, 640, 360);
      context.fillStyle = "#000";
      context.fillText(String(performance.now()), 50, 50);
    }, 100);
    const stream = canvas.captureStream(10);
    window.__end_screen = () => {
      const [track] = stream.getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    };
    return stream;
  };
})();
"""

# All that comes in by WebSocket, as text, in `__frames`.
# `__drop_sockets(true)` closes all and opens no new one: it answers for them, as a browser that was refused
# would wait longer and longer of itself.
WATCH_SOCKETS = """
(() => {
  const Native = window.WebSocket;
  const open = [];
  let isDown = false;
  window.__frames = [];
  window.WebSocket = class extends Native {
    constructor(...where) {
      if (isDown) {
        const dead = { send() {}, close() {} };
        setTimeout(() => dead.onclose?.({ code: 1006 }), 50);
        return dead;
      }
      super(...where);
      open.push(this);
      this.addEventListener("message", ({ data }) => window.__frames.push(String(data)));
    }
  };
  window.__drop_sockets = (down) => {
    isDown = down;
    if (down) for (const socket of open.splice(0)) socket.close();
  };
})();
"""

# `__hide(true)` is what a browser says of a page behind another tab; automated ones take every page for seen.
HIDEABLE = """
(() => {
  let isHidden = false;
  Object.defineProperty(document, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.__hide = (hidden) => {
    isHidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };
})();
"""

# What the page would have saved, as `[name, text]` in `__saved`.
CATCH_DOWNLOADS = """
(() => {
  const made = new Map();
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const url = create(blob);
    made.set(url, blob);
    return url;
  };
  HTMLAnchorElement.prototype.click = async function () {
    window.__saved = [this.download, await made.get(this.href).text()];
  };
})();
"""

# Lets `getStats` add entries of a test's own: `__lie` is a function that returns them, asked each time.
LYING_STATISTICS = """
(() => {
  const native = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function (...selector) {
    const report = await native.apply(this, selector);
    const lies = window.__lie?.() ?? [];
    return lies.length === 0 ? report : new Map([...report, ...lies.map((entry) => [entry.id, entry])]);
  };
})();
"""

# Evaluated on a page with lying statistics: its encoder does not keep up (W3C webrtc-stats,
# qualityLimitationReason); the connection itself is alive.
OVERLOADED = """
() => {
  let bytesReceived = 0;
  window.__lie = () => [
    { id: "slow", type: "outbound-rtp", kind: "video", active: true, qualityLimitationReason: "cpu" },
    { id: "path", type: "candidate-pair", nominated: true, bytesReceived: (bytesReceived += 1_000) },
  ];
}
"""
