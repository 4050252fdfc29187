import { useEffect, useState, useSyncExternalStore } from "react";
import type { PagedState } from "../core/paging/pagedList";

interface Paged<Item> {
  getState(): PagedState<Item>;
  subscribe(listener: () => void): () => void;
  stop(): void;
}

/** A list that is asked for when the page comes, and given up when it goes. */
export function usePaged<Item, List extends Paged<Item>>(
  make: () => List,
  start: (list: List) => void,
): [PagedState<Item>, List] {
  const [list] = useState(make);
  const [begin] = useState(() => start);
  const state = useSyncExternalStore(list.subscribe, list.getState);
  useEffect(() => {
    begin(list);
    return () => list.stop();
  }, [list, begin]);
  return [state, list];
}
