/** A value that can be watched; the contract is Svelte's store contract, but nothing of Svelte is needed. */

export type Readable<T> = {
  /** Calls `run` at once and after every change, until the returned function is called. */
  subscribe(run: (value: T) => void): () => void;
  /** Returns the value now. */
  current(): T;
};

export type Writable<T> = Readable<T> & { set(value: T): void };

/** Returns a value that tells its subscribers when it is replaced by a different one. */
export function writable<T>(initial: T): Writable<T> {
  let value = initial;
  const subscribers = new Set<{ run: (value: T) => void }>();
  return {
    current: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const subscriber of [...subscribers]) if (subscribers.has(subscriber)) subscriber.run(value);
    },
    subscribe(run) {
      const subscriber = { run };
      subscribers.add(subscriber);
      run(value);
      return () => subscribers.delete(subscriber);
    },
  };
}
