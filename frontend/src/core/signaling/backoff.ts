/** How long to wait before each try to come back: quick at first, then every few seconds, spread a little. */

const STEPS_MS = [0, 300, 1_200, 2_700, 4_800];
const LATER_MS = 7_000;
const SPREAD_MS = 1_000;
export const MAX_ATTEMPTS = 10;

/** attempt: from 0. random: in [0, 1), so that a restarted server is not stormed. */
export function backoffMs(attempt: number, random: number): number {
  const step = STEPS_MS[attempt] ?? LATER_MS;
  return attempt === 0 ? 0 : step + random * SPREAD_MS;
}
