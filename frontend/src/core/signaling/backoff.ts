/**
 * How long to wait before each try to come back: about once a second while the server keeps the seat, 15 s by
 * default, then every few seconds.
 */

const FIRST_MS = 300;
const SOON_MS = 700;
const SOON_TRIES = 22;
const SOON_SPREAD_MS = 300;
const LATER_MS = 5_000;
const LATER_SPREAD_MS = 2_000;
export const MAX_ATTEMPTS = 30;

/** attempt: from 0. random: in [0, 1), so that a restarted server is not stormed. */
export function backoffMs(attempt: number, random: number): number {
  if (attempt === 0) return 0;
  if (attempt >= SOON_TRIES) return LATER_MS + random * LATER_SPREAD_MS;
  return (attempt === 1 ? FIRST_MS : SOON_MS) + random * SOON_SPREAD_MS;
}
