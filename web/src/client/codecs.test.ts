import { expect, test } from "vitest";
import { trimCodecs } from "./codecs";

const CHROMIUM = [
  { mimeType: "video/AV1", sdpFmtpLine: "level-idx=5;profile=1;tier=0" },
  { mimeType: "video/AV1", sdpFmtpLine: "level-idx=5;profile=0;tier=0" },
  { mimeType: "video/H264", sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f" },
  { mimeType: "video/H264", sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f" },
  { mimeType: "video/H264", sdpFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
  { mimeType: "video/H265", sdpFmtpLine: "level-id=93" },
  { mimeType: "video/rtx" },
  { mimeType: "video/red" },
  { mimeType: "video/VP9", sdpFmtpLine: "profile-id=2" },
  { mimeType: "video/VP9", sdpFmtpLine: "profile-id=0" },
  { mimeType: "video/VP8" },
];

test("of each codec one profile is offered, the one all browsers share first, repair last", () => {
  expect(trimCodecs(CHROMIUM).map(({ mimeType, sdpFmtpLine }) => `${mimeType} ${sdpFmtpLine ?? ""}`.trim())).toEqual([
    "video/VP8",
    "video/VP9 profile-id=0",
    "video/H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    "video/AV1 level-idx=5;profile=0;tier=0",
    "video/rtx",
  ]);
});

test("Firefox's codecs without profiles are kept", () => {
  const firefox = [{ mimeType: "video/VP9", sdpFmtpLine: "max-fs=12288;max-fr=60" }, { mimeType: "video/AV1" }, { mimeType: "video/VP8" }];
  expect(trimCodecs(firefox).map(({ mimeType }) => mimeType)).toEqual(["video/VP8", "video/VP9", "video/AV1"]);
});

test("of sound only Opus is offered", () => {
  expect(trimCodecs([{ mimeType: "audio/PCMU" }, { mimeType: "audio/opus" }, { mimeType: "audio/telephone-event" }])).toEqual([{ mimeType: "audio/opus" }]);
});

test("Opus with copies of earlier frames comes first where the browser has it", () => {
  const chromium = [{ mimeType: "audio/opus" }, { mimeType: "audio/red", sdpFmtpLine: "111/111" }, { mimeType: "audio/G722" }];
  expect(trimCodecs(chromium).map(({ mimeType }) => mimeType)).toEqual(["audio/red", "audio/opus"]);
});
