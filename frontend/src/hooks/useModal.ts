import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useServices } from "./services";

/**
 * A dialog that is open as long as it is there. The browser's own modal dialog traps the focus; it gives it back
 * where it is closed, not where it is only taken out of the page, so this is done before that. Escape and
 * Telegram's back button ask to close it.
 */
export function useModal(onClose: () => void): RefObject<HTMLDialogElement | null> {
  const { telegram } = useServices();
  const ref = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClose);
  useEffect(() => {
    latest.current = onClose;
  });
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    const listeners = new AbortController();
    const ask = (event: Event) => {
      event.preventDefault();
      event.stopPropagation(); // a dialog within a dialog is the one that is meant
      latest.current();
    };
    const on = (type: "keydown" | "cancel" | "close", listener: (event: Event) => void) =>
      dialog?.addEventListener(type, listener, { signal: listeners.signal });
    // The second `cancel` without a tap between cannot be prevented (HTML, "close watcher"): the key can, and where
    // another gesture has closed what is not to be closed, it is opened again.
    on("keydown", (event) => {
      if ((event as KeyboardEvent).key === "Escape") ask(event);
    });
    on("cancel", ask);
    on("close", () => dialog?.showModal());
    return () => {
      listeners.abort();
      dialog?.close();
    };
  }, []);
  useEffect(() => telegram.showBack(() => latest.current()), [telegram]);
  return ref;
}
