/** The names of the quality levels, as the reference page has them. */
import type { QualityLevel } from "../../client";
import { m } from "../../paraglide/messages.js";

export const LEVEL_NAMES: { readonly [level in QualityLevel]: () => string } = {
  0: m.quality_audio,
  1: m.quality_low,
  2: m.quality_standard,
  3: m.quality_high,
};
