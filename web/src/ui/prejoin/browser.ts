/** Which browser's steps to show after a refusal. Words only: nothing else in the client depends on the browser's name. */

export type Browser = "chrome" | "firefox" | "safari" | "ios" | "android";

/** Returns the family whose permission settings look like this browser's. */
export function browserFamily(userAgent: string, touchPoints: number): Browser {
  // iPadOS presents itself as a Mac, but has a touch screen.
  if (/iPhone|iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)) return "ios";
  if (/Android/.test(userAgent)) return "android";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Safari\//.test(userAgent) && !/Chrome\//.test(userAgent)) return "safari";
  return "chrome";
}

export type System = "windows" | "mac" | "linux" | "ios" | "android";

/** Returns the system whose privacy settings to name. */
export function systemFamily(userAgent: string, touchPoints: number): System {
  const browser = browserFamily(userAgent, touchPoints);
  if (browser === "ios" || browser === "android") return browser;
  if (/Windows/.test(userAgent)) return "windows";
  return /Macintosh/.test(userAgent) ? "mac" : "linux";
}
