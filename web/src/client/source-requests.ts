/** Tells the server about one's own sources: carries out the session effects and says what became of them. */
import type { SourceKind } from "../protocol/messages.gen";
import type { Effect } from "./effects";
import type { Signalling } from "./signalling";
import type { Action } from "./state";

export type SourceEffect = Extract<Effect, { type: "publish" | "unpublish" | "set-muted" }>;

export type SourceRequestOptions = {
  readonly request: Signalling["request"];
  readonly midOf: (kind: SourceKind) => string;
  readonly dispatch: (action: Action) => void;
};

/** Returns the action that follows from `effect`, or `null` when a change was refused that may be asked for again later. */
export async function requestSource(effect: SourceEffect, { request, midOf, dispatch }: SourceRequestOptions): Promise<Action | null> {
  const { kind } = effect;
  switch (effect.type) {
    case "publish": {
      const result = await request({ type: "publish", source: { kind, mid: midOf(kind) } });
      if (result.ok) return { type: "published", kind, source: result.answer.source };
      if (result.code === "lost") return { type: "request-dropped", kind };
      dispatch({ type: "source-wanted", kind, on: false });
      return { type: "request-dropped", kind };
    }
    case "unpublish": {
      const result = await request({ type: "unpublish", source: effect.id });
      // Refused means that it is already gone.
      return result.ok || result.code !== "lost" ? { type: "unpublished", kind } : { type: "request-dropped", kind };
    }
    case "set-muted": {
      const result = await request({ type: "set-muted", source: effect.id, muted: effect.muted });
      if (result.ok) return { type: "muted-announced", kind, muted: effect.muted };
      return result.code === "lost" ? { type: "request-dropped", kind } : null;
    }
  }
}
