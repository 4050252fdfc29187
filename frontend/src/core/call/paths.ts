/**
 * Which path a remote participant is heard and seen by, direct or through the server: pure.
 *
 * A switch makes before it breaks: the path that the room has left is played until the new one delivers, and
 * never both at once.
 */

import type { Topology } from "./state";

export interface PathState {
  /** The connection is there at all. */
  readonly present: boolean;
  /** Audio packets have come by it. */
  readonly delivering: boolean;
}

/** After so long the new path is taken even if nothing is heard on it: its sender may have no microphone. */
export const SETTLE_MS = 2_000;

export function pathOf(
  topology: Topology,
  direct: PathState,
  server: PathState,
  sinceSwitchMs: number,
): "direct" | "server" | null {
  const [wanted, other, wantedName, otherName] =
    topology === "p2p"
      ? ([direct, server, "direct", "server"] as const)
      : ([server, direct, "server", "direct"] as const);
  if (wanted.present && (wanted.delivering || !other.delivering || sinceSwitchMs >= SETTLE_MS))
    return wantedName;
  if (other.present) return otherName;
  return wanted.present ? wantedName : null;
}
