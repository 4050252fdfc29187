/** The results as text for support: the same in every language, nothing that tells who somebody is. */

import type { PathResult } from "./probe";

export function summaryOf(
  results: readonly PathResult[],
  microphone: boolean | null,
  userAgent: string,
  at: Date,
): string {
  return [
    `Tel Call connection check, ${at.toISOString()}`,
    `sent: ${microphone ? "microphone" : "tone (no microphone)"}`,
    ...results.map(lineOf),
    userAgent,
  ].join("\n");
}

function lineOf({ path, failure, connectedAfterMs, numbers }: PathResult): string {
  const name = path.kind === "direct" ? "direct UDP" : `TURN ${path.transport.toUpperCase()} ${path.relay}`;
  if (failure !== null) return `${name}: ${failure}`;
  return [
    `${name}: ok in ${connectedAfterMs} ms`,
    `rtt ${ms(numbers.rttMs)}`,
    `loss up ${percent(numbers.lossUp)} down ${percent(numbers.lossDown)}`,
    `jitter up ${ms(numbers.jitterUpMs)} down ${ms(numbers.jitterDownMs)}`,
    `kbps up ${Math.round(numbers.kbpsUp)} down ${Math.round(numbers.kbpsDown)}`,
  ].join(", ");
}

function ms(value: number | null): string {
  return value === null ? "?" : `${Math.round(value)} ms`;
}

function percent(share: number | null): string {
  return share === null ? "?" : `${(share * 100).toFixed(1)}%`;
}
