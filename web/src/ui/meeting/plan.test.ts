import { describe, expect, it } from "vitest";
import { plan, type Wish } from "./plan";
import { tile } from "../../../tests/support/tiles";

const me = tile("me", { isSelf: true });
const [a, b, c] = [tile("a"), tile("b"), tile("c")];
const screen = tile("b", { kind: "screen" });
const wish: Wish = { layout: "speaker", pinned: null, speaker: null, filmstrip: true, selfShown: true };

describe("plan", () => {
  it("shows oneself alone, and floats oneself over the other of two", () => {
    expect(plan([me], wish)).toMatchObject({ kind: "grid", stage: [me] });
    expect(plan([a, me], wish)).toEqual({ kind: "duo", stage: [a], strip: [], floating: me });
    expect(plan([a, me], { ...wish, selfShown: false })).toMatchObject({ stage: [a], floating: null });
  });

  it("gives the stage to who speaks, from three people on", () => {
    expect(plan([a, b, me], { ...wish, speaker: "b" })).toEqual({ kind: "beside", stage: [b], strip: [a, me], floating: null });
  });

  it("lets a shared screen go before who speaks, with its owner first beside it", () => {
    expect(plan([screen, a, b, c, me], { ...wish, speaker: "c" })).toMatchObject({ stage: [screen], strip: [b, a, c, me] });
  });

  it("lets a pin go before everything, in the mosaic too", () => {
    expect(plan([screen, a, b, me], { ...wish, layout: "mosaic", pinned: a.key })).toMatchObject({ stage: [a], strip: [screen, b, me] });
  });

  it("shows all alike in the mosaic, without oneself when hidden", () => {
    expect(plan([a, b, me], { ...wish, layout: "mosaic" })).toMatchObject({ kind: "grid", stage: [a, b, me] });
    expect(plan([a, b, me], { ...wish, layout: "mosaic", selfShown: false })).toMatchObject({ stage: [a, b] });
  });

  it("never hides somebody who is alone, and never shows one's own screen", () => {
    expect(plan([me], { ...wish, selfShown: false })).toMatchObject({ stage: [me] });
    expect(plan([tile("me", { kind: "screen", isSelf: true }), a, me], wish)).toMatchObject({ kind: "duo", stage: [a] });
  });

  it("keeps oneself in the corner when the faces beside the stage are put away", () => {
    expect(plan([a, b, me], { ...wish, filmstrip: false })).toMatchObject({ kind: "duo", stage: [a], strip: [], floating: me });
  });
});
