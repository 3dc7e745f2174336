/**
 * The short messages of a meeting: who came, who went, what failed. At most three at once, comings and goings grouped,
 * each gone after five seconds unless someone is reading it. Knows no text: the component puts each into words.
 */
export type Notice =
  | { readonly id: number; readonly kind: "joined" | "left"; readonly names: readonly string[] }
  | { readonly id: number; readonly kind: Happening };

export type Happening = "reconnected" | "stopping" | "microphone-failed" | "camera-failed";

type Named = { readonly id: string; readonly name: string };

const SHOWN_MS = 5_000;
const SHOWN_AT_ONCE = 3;
/** Above this many people comings and goings are no longer told: they would never end. */
const TOLD_UP_TO = 10;

export class Notices {
  list: readonly Notice[] = $state.raw([]);

  #nextId = 0;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- timers are never shown
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Tells the difference between two lists of the others in the room. */
  compare(before: readonly Named[], after: readonly Named[]): void {
    if (Math.max(before.length, after.length) > TOLD_UP_TO) return;
    const without = (list: readonly Named[], other: readonly Named[]): readonly string[] =>
      list.filter(({ id }) => !other.some((person) => person.id === id)).map(({ name }) => name);
    this.#group("joined", without(after, before));
    this.#group("left", without(before, after));
  }

  /** Tells something that happened; the same thing twice is shown once. */
  tell(kind: Happening): void {
    this.#show({ id: this.#nextId++, kind }, this.list.find((notice) => notice.kind === kind));
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
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Forgets everything; no timer is left. */
  clear(): void {
    this.hold();
    this.list = [];
  }

  #group(kind: "joined" | "left", names: readonly string[]): void {
    if (names.length === 0) return;
    const same = this.list.find((notice) => notice.kind === kind);
    const earlier = same !== undefined && "names" in same ? same.names : [];
    this.#show({ id: this.#nextId++, kind, names: [...earlier, ...names] }, same);
  }

  #show(notice: Notice, replaced: Notice | undefined): void {
    if (replaced !== undefined) this.dismiss(replaced.id);
    this.list = [...this.list, notice];
    const [oldest] = this.list;
    if (this.list.length > SHOWN_AT_ONCE && oldest !== undefined) this.dismiss(oldest.id);
    this.#expire(notice.id);
  }

  #expire(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }
}
