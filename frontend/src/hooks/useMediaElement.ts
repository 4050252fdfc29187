import { type RefObject, useEffect } from "react";

/**
 * Gives a stream to an element and starts it. `onBlocked` is called when the browser wants a tap first;
 * a later change of `unlocked` (a tap) tries again.
 */
export function useMediaElement(
  ref: RefObject<HTMLMediaElement | null>,
  stream: MediaStream | null,
  unlocked = 0,
  onBlocked?: () => void,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `unlocked` is the reason to try again
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    if (!stream) return;
    element.play().catch((error: unknown) => {
      // AbortError only says that another stream came meanwhile.
      if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked?.();
    });
  }, [ref, stream, unlocked, onBlocked]);
}
