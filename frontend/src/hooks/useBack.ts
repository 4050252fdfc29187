import { useEffect, useRef } from "react";
import { useServices } from "./services";

/** Telegram's back button, while the page is shown. Returns what the page's own button should do, if it needs one. */
export function useBack(go: () => void): (() => void) | undefined {
  const { telegram } = useServices();
  const latest = useRef(go);
  useEffect(() => {
    latest.current = go;
  });
  useEffect(() => telegram.showBack(() => latest.current()), [telegram]);
  return telegram.inside ? undefined : go;
}
