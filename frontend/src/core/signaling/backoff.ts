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

/** Between the end of a try and the next one. */
const LEAST_MS = 100;

const SEAT_KEPT_MS = 15_000;
const OPEN_MS = 5_000;
const QUICK_OPEN_MS = 1_500;
const SLOWER_BY = 3;

/**
 * How long a socket may take to open before another is tried. Where the last one took little, one that takes
 * long was begun while packets were lost, and would notice late that they are not any more: TCP asks again
 * after 1, 3, 7 s (RFC 6298). Not for ever: the network may be another, slower one by now.
 *
 * lastOpenMs: null before the first. lostForMs: since there was a connection.
 */
export function openTimeoutMs(lastOpenMs: number | null, lostForMs: number): number {
  if (lastOpenMs === null || lostForMs >= SEAT_KEPT_MS) return OPEN_MS;
  return Math.min(OPEN_MS, Math.max(QUICK_OPEN_MS, SLOWER_BY * lastOpenMs));
}

/** tookMs: of the try that came to nothing, which counts. */
export function waitMs(attempt: number, tookMs: number, random: number): number {
  return attempt === 0 ? 0 : Math.max(LEAST_MS, backoffMs(attempt, random) - tookMs);
}

/**
 * From the beginning of a try to that of the next.
 *
 * attempt: from 0. random: in [0, 1), so that a restarted server is not stormed.
 */
export function backoffMs(attempt: number, random: number): number {
  if (attempt === 0) return 0;
  if (attempt >= SOON_TRIES) return LATER_MS + random * LATER_SPREAD_MS;
  return (attempt === 1 ? FIRST_MS : SOON_MS) + random * SOON_SPREAD_MS;
}
