import { type RefObject, useLayoutEffect, useState } from "react";

const GAP_PX = 8;
const TYPED_IN = "textarea, input:not([type=checkbox], [type=radio], [readonly])";

/**
 * How many pixels further down `inner` has to be within `outer`, so that it does not cover the field that has the
 * focus. `shown`: what it shows; null: it is not there.
 */
export function useClearOfField(
  outer: RefObject<HTMLElement | null>,
  inner: RefObject<HTMLElement | null>,
  shown: string | null,
): number {
  const [shift, setShift] = useState(0);
  useLayoutEffect(() => {
    if (shown === null) return;
    const place = () => {
      const field = document.activeElement?.matches(TYPED_IN)
        ? document.activeElement.getBoundingClientRect()
        : null;
      const top = outer.current?.getBoundingClientRect().top ?? 0;
      const height = inner.current?.getBoundingClientRect().height ?? 0;
      const covered = field !== null && field.top < top + height + GAP_PX && field.bottom > top;
      setShift(covered ? field.bottom + GAP_PX - top : 0);
    };
    place();
    addEventListener("focusin", place);
    addEventListener("scroll", place, { capture: true, passive: true });
    return () => {
      removeEventListener("focusin", place);
      removeEventListener("scroll", place, { capture: true });
    };
  }, [outer, inner, shown]);
  return shift;
}
