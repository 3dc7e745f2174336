/** Keyboard of a toolbar: one Tab stop, arrows move inside, Home and End jump. Source: WAI-ARIA APG, toolbar pattern. */

const KEYS = { ArrowRight: 1, ArrowLeft: -1 } as const;

/** Attach to the element with `role=toolbar`; its enabled buttons become one Tab stop. A menu open inside it has its own keys. */
export function roving(toolbar: HTMLElement): () => void {
  const buttons = (): HTMLButtonElement[] => [...toolbar.querySelectorAll<HTMLButtonElement>("button:not(:disabled, dialog *)")];

  function makeStop(stop: HTMLButtonElement | undefined): void {
    for (const button of buttons()) button.tabIndex = button === stop ? 0 : -1;
  }

  function next(key: string, all: readonly HTMLButtonElement[], from: number): HTMLButtonElement | undefined {
    if (key === "Home") return all[0];
    if (key === "End") return all.at(-1);
    if (key !== "ArrowRight" && key !== "ArrowLeft") return undefined;
    return all[(from + KEYS[key] + all.length) % all.length];
  }

  function onKeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    const all = buttons();
    const target = next(event.key, all, all.indexOf(document.activeElement as HTMLButtonElement));
    if (target === undefined) return;
    event.preventDefault();
    target.focus();
  }

  function onFocusin(event: FocusEvent): void {
    const button = (event.target as HTMLElement).closest("button");
    if (button !== null && buttons().includes(button)) makeStop(button);
  }

  makeStop(buttons()[0]);
  toolbar.addEventListener("keydown", onKeydown);
  toolbar.addEventListener("focusin", onFocusin);
  return () => {
    toolbar.removeEventListener("keydown", onKeydown);
    toolbar.removeEventListener("focusin", onFocusin);
  };
}
