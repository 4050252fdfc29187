import { useCallback, useEffect, useState } from "react";

/** One short message at a time; a new one replaces the old. */
export function useToast(holdMs = 2200): [string | null, (text: string) => void] {
  const [toast, setToast] = useState<{ text: string } | null>(null);
  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => setToast(null), holdMs);
    return () => clearTimeout(timer);
  }, [toast, holdMs]);
  return [toast?.text ?? null, useCallback((text: string) => setToast({ text }), [])];
}
