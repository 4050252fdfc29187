/**
 * Which path a remote participant is heard by, direct or through the server: pure.
 *
 * A switch makes before it breaks: the path that the room has left is played until the new one is ready, and
 * never both at once.
 */

import type { Topology } from "./state";

export interface PathState {
  /** The connection is there at all. */
  readonly present: boolean;
  /** Audio packets have come by it. */
  readonly delivering: boolean;
}

export type Path = "direct" | "server";

export const pathWanted = (topology: Topology): Path => (topology === "p2p" ? "direct" : "server");

/** ready: the room's path has been decoded for long enough, or nothing is to be expected of it. */
export function pathOf(
  topology: Topology,
  direct: PathState,
  server: PathState,
  ready: boolean,
): Path | null {
  const [wanted, other, otherName] =
    topology === "p2p" ? ([direct, server, "server"] as const) : ([server, direct, "direct"] as const);
  if (wanted.present && (ready || !other.delivering || !other.present)) return pathWanted(topology);
  return other.present ? otherName : null;
}
