/** A native modal dialog that is over at once. Source: HTML Living Standard, 4.11.4 (dialog). */
import type { Attachment } from "svelte/attachments";

export type Modal = {
  /** Attach to the dialog: shows it, and hears of Escape and of a phone's way back. */
  readonly show: Attachment<HTMLDialogElement>;
  /** Ends the dialog, once; anyone may call, also when none is shown. */
  readonly close: () => void;
};

/**
 * Returns a dialog's beginning and end; `onclose` hears of its end before `close` returns.
 *
 * The browser itself tells of a close a task later: a key pressed meanwhile would ask for what is about to be taken away.
 * The focus goes back to where it was before `onclose` may take the dialog out of the page, where it would be lost.
 */
export function modal(onclose: () => void): Modal {
  let shown: HTMLDialogElement | null = null;

  function close(): void {
    const dialog = shown;
    shown = null;
    if (dialog === null) return;
    dialog.close();
    onclose();
  }

  function oncancel(event: Event): void {
    event.preventDefault();
    close();
  }

  function show(dialog: HTMLDialogElement): () => void {
    shown = dialog;
    dialog.showModal();
    dialog.addEventListener("cancel", oncancel);
    dialog.addEventListener("close", close);
    return () => {
      dialog.removeEventListener("cancel", oncancel);
      dialog.removeEventListener("close", close);
      if (shown === dialog) shown = null;
    };
  }

  return { show, close };
}
