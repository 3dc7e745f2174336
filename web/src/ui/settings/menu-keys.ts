/** Keyboard of a menu: arrows move and wrap, Home and End jump, a letter finds, Escape and Tab leave. Source: WAI-ARIA APG, menu pattern. */

/** Attach to the element with `role=menu`; `close` is called when the person leaves it. */
export function menuKeys(close: () => void): (menu: HTMLElement) => () => void {
  return (menu) => {
    const onkeydown = (event: KeyboardEvent): void => {
      const items = [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
      const target = nextItem(event.key, items, items.indexOf(document.activeElement as HTMLElement));
      if (event.key !== "Escape" && event.key !== "Tab" && target === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      if (target === undefined) close();
      else target.focus();
    };
    menu.addEventListener("keydown", onkeydown);
    return () => menu.removeEventListener("keydown", onkeydown);
  };
}

function nextItem(key: string, items: readonly HTMLElement[], from: number): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return items[(from + 1) % items.length];
    case "ArrowUp":
      return items[(Math.max(from, 0) - 1 + items.length) % items.length];
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    default:
      return key.length === 1 && key !== " " ? startingWith(key, items, from) : undefined;
  }
}

function startingWith(letter: string, items: readonly HTMLElement[], from: number): HTMLElement | undefined {
  const after = [...items.slice(from + 1), ...items.slice(0, from + 1)];
  return after.find((item) => item.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()));
}
