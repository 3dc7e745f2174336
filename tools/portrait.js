// Gives the page a camera that shows a drawn person who moves a little, and a microphone that speaks now and then.
// Used by tools/screenshots.py, so that pictures of the product show people without showing anyone.
(() => {
  const looks = [
    { back: ["#7fb7a6", "#4f8a8b"], skin: "#e8c4a0", hair: "#3b2a25", shirt: "#5b2f4e" },
    { back: ["#b98f7a", "#8f6b55"], skin: "#c98f68", hair: "#1f1a1a", shirt: "#2f5d62" },
    { back: ["#8fb37f", "#5a7d4f"], skin: "#f0d2b6", hair: "#8a5a2b", shirt: "#38306b" },
    { back: ["#9aa7c7", "#64729c"], skin: "#8d5a3c", hair: "#120f10", shirt: "#b5532f" },
  ];
  const look = looks[window.__look ?? 0];
  function paint(context, width, height, t) {
    const gradient = context.createLinearGradient(0, 0, width, height);
    gradient.addColorStop(0, look.back[0]);
    gradient.addColorStop(1, look.back[1]);
    context.fillStyle = gradient;
    context.fillRect(0, 0, width, height);
    const x = width / 2 + Math.sin(t / 900) * width * 0.01;
    const y = height * 0.45 + Math.sin(t / 700) * height * 0.008;
    const r = height * 0.19;
    context.fillStyle = look.shirt;
    context.beginPath();
    context.ellipse(x, height * 1.02, r * 2.1, r * 1.75, 0, 0, 7);
    context.fill();
    context.fillStyle = look.skin;
    context.fillRect(x - r * 0.32, y + r * 0.7, r * 0.64, r * 0.8);
    context.beginPath();
    context.ellipse(x, y, r * 0.82, r, 0, 0, 7);
    context.fill();
    context.fillStyle = look.hair;
    context.beginPath();
    context.ellipse(x, y - r * 0.38, r * 0.92, r * 0.72, 0, Math.PI, 0);
    context.fill();
    context.fillStyle = "#2b1d18";
    for (const side of [-1, 1]) {
      context.beginPath();
      context.arc(x + side * r * 0.32, y + r * 0.02, r * 0.07, 0, 7);
      context.fill();
    }
    context.lineWidth = r * 0.06;
    context.lineCap = "round";
    context.strokeStyle = "#8a3b34";
    context.beginPath();
    context.arc(x, y + r * 0.3, r * 0.3, 0.25 * Math.PI, 0.75 * Math.PI);
    context.stroke();
  }
  function camera() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1280, 720];
    const context = canvas.getContext("2d");
    const draw = () => paint(context, canvas.width, canvas.height, performance.now());
    draw();
    setInterval(draw, 100);
    return canvas.captureStream(10).getVideoTracks()[0];
  }
  function microphone(speaks) {
    const audio = new AudioContext();
    const voice = audio.createOscillator();
    const loudness = audio.createGain();
    const out = audio.createMediaStreamDestination();
    voice.frequency.value = 180;
    loudness.gain.value = speaks ? 0.3 : 0;
    voice.connect(loudness).connect(out);
    voice.start();
    return out.stream.getAudioTracks()[0];
  }
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = new MediaStream();
    if (wanted.video) stream.addTrack(camera());
    if (wanted.audio) stream.addTrack(microphone(window.__speaks ?? false));
    return stream;
  };
})();
