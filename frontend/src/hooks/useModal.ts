import { type RefObject, useLayoutEffect, useRef } from "react";

/**
 * A dialog that is open as long as it is there. The browser's own modal dialog traps the focus; it gives it back
 * where it is closed, not where it is only taken out of the page, so this is done before that.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return ref;
}
