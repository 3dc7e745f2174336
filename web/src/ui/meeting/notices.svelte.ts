/**
 * The short messages of a meeting: who came, who raised a hand, what failed. At most three at once, comings and goings
 * grouped, each gone after five seconds unless someone is reading it. Knows no text: the component puts each into words.
 */
import type { ClientError, Notice } from "../../client";

type Coming = Extract<Notice, { kind: "joined" | "left" }>;

export type Toast = { readonly id: number } & (
  | { readonly kind: "comings"; readonly what: "joined" | "left"; readonly names: readonly string[] }
  | { readonly kind: "notice"; readonly notice: Exclude<Notice, Coming> }
  | { readonly kind: "refused"; readonly error: ClientError }
);

const SHOWN_MS = 5_000;
const SHOWN_AT_ONCE = 3;
/** Above this many people comings and goings are no longer told: they would never end. */
const TOLD_UP_TO = 10;

export class Notices {
  list: readonly Toast[] = $state.raw([]);

  #nextId = 0;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- timers are never shown
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Tells `notice` to someone in a room of `people`; the same thing twice is shown once. */
  tell(notice: Notice, people: number): void {
    if (isComing(notice)) {
      if (people <= TOLD_UP_TO) this.#group(notice.kind, notice.name);
      return;
    }
    const same = this.list.find((toast) => toast.kind === "notice" && isSame(toast.notice, notice));
    this.#show({ id: this.#nextId++, kind: "notice", notice }, same);
  }

  /** Says why the server did not do what was asked. */
  refuse(error: ClientError): void {
    const same = this.list.find((toast) => toast.kind === "refused" && toast.error.code === error.code);
    this.#show({ id: this.#nextId++, kind: "refused", error }, same);
  }

  /** Keeps everything on screen while it is hovered or focused. */
  hold(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Lets everything go again, each after its full time. */
  release(): void {
    for (const { id } of this.list) this.#expire(id);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Takes away what is told by `kind`: it is seen elsewhere now. */
  forget(kind: Exclude<Notice, Coming>["kind"]): void {
    for (const toast of this.list) if (toast.kind === "notice" && toast.notice.kind === kind) this.dismiss(toast.id);
  }

  /** Forgets everything; no timer is left. */
  clear(): void {
    this.hold();
    this.list = [];
  }

  #group(what: "joined" | "left", name: string): void {
    const same = this.list.find((toast) => toast.kind === "comings" && toast.what === what);
    const earlier = same?.kind === "comings" ? same.names : [];
    this.#show({ id: this.#nextId++, kind: "comings", what, names: [...earlier, name] }, same);
  }

  #show(toast: Toast, replaced: Toast | undefined): void {
    if (replaced !== undefined) this.dismiss(replaced.id);
    this.list = [...this.list, toast];
    const [oldest] = this.list;
    if (this.list.length > SHOWN_AT_ONCE && oldest !== undefined) this.dismiss(oldest.id);
    this.#expire(toast.id);
  }

  #expire(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }
}

function isComing(notice: Notice): notice is Coming {
  return notice.kind === "joined" || notice.kind === "left";
}

/** Whether the later of two notices says what the earlier said: about the same person, device or door. */
function isSame(a: Notice, b: Notice): boolean {
  return a.kind === b.kind && subjectOf(a) === subjectOf(b);
}

function subjectOf(notice: Notice): string {
  switch (notice.kind) {
    case "message":
      return notice.message.author;
    case "hand-raised":
      return notice.participant;
    case "knock":
      return notice.knock.participant;
    case "device-failed":
    case "source-stopped":
      return notice.source;
    case "role-changed":
      return notice.name;
    case "silence":
      return notice.other ?? "";
    default:
      return "";
  }
}
