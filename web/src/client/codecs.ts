/** Which codecs are offered. Pure: picks from what the browser can do. */

/** The part of RTCRtpCodec that is looked at. */
type Codec = { readonly mimeType: string; readonly sdpFmtpLine?: string };

/**
 * Most wanted first. Every receiver must decode what any sender sends, so VP8, which all browsers have, leads. Chromium's
 * `audio/red` is Opus with a copy of the frame before in each packet: a lost one is heard all the same.
 */
const ORDER = ["audio/red", "audio/opus", "video/vp8", "video/vp9", "video/h264", "video/av1", "video/rtx"];

/**
 * Returns the codecs to offer, most wanted first: one profile of each.
 *
 * Browsers list up to twenty profiles; an offer of nine slot pairs with all of them is three times as long and as slow to
 * set. Of H.264 constrained baseline (42e0xx) with packetization mode 1 is what every browser shares.
 */
export function trimCodecs<C extends Codec>(codecs: readonly C[]): C[] {
  return codecs.filter(isOffered).sort((a, b) => rank(a) - rank(b));
}

function isOffered(codec: Codec): boolean {
  const parameters = codec.sdpFmtpLine ?? "";
  switch (codec.mimeType.toLowerCase()) {
    case "video/vp9":
      return !/profile-id=[1-9]/.test(parameters);
    case "video/av1":
      return !/profile=[1-9]/.test(parameters);
    case "video/h264":
      return /packetization-mode=1/.test(parameters) && /profile-level-id=42e0/i.test(parameters);
    default:
      return rank(codec) >= 0;
  }
}

function rank(codec: Codec): number {
  return ORDER.indexOf(codec.mimeType.toLowerCase());
}
