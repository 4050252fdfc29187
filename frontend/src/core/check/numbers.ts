/** What one way has measured: the server's word on what came up, the browser's on what came down. */

import type { CheckStats } from "../signaling/messages.gen";

export interface Numbers {
  readonly rttMs: number | null;
  /** 0 to 1; null while nothing was sent. */
  readonly lossUp: number | null;
  readonly lossDown: number | null;
  readonly jitterUpMs: number | null;
  readonly jitterDownMs: number | null;
  readonly kbpsUp: number;
  readonly kbpsDown: number;
}

/** What of `getStats()` counts here. */
export interface Received {
  readonly packets: number;
  readonly lost: number;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
}

export function readStats(reports: Iterable<unknown>): Received {
  let packets = 0;
  let lost = 0;
  let jitterMs: number | null = null;
  let rttMs: number | null = null;
  for (const each of reports) {
    const report = each as Record<string, unknown>;
    if (report.type === "inbound-rtp") {
      packets += number(report.packetsReceived) ?? 0;
      lost += Math.max(0, number(report.packetsLost) ?? 0);
      const jitter = number(report.jitter);
      if (jitter !== null) jitterMs = jitter * 1_000;
    } else if (report.type === "candidate-pair" && report.nominated === true) {
      const rtt = number(report.currentRoundTripTime);
      if (rtt !== null) rttMs = rtt * 1_000;
    }
  }
  return { packets, lost, jitterMs, rttMs };
}

export function numbersOf(stats: CheckStats | null, received: Received | null): Numbers {
  const up = stats?.uplink;
  const down = stats?.downlink;
  return {
    rttMs: received?.rttMs ?? down?.rtt_ms ?? null,
    lossUp: up ? share(up.lost, up.packets) : null,
    lossDown: received ? share(received.lost, received.packets) : (down?.fraction_lost ?? null),
    jitterUpMs: up && up.packets > 0 ? up.jitter_ms : null,
    jitterDownMs: received?.jitterMs ?? down?.jitter_ms ?? null,
    kbpsUp: up?.kbps ?? 0,
    kbpsDown: down?.kbps ?? 0,
  };
}

function share(lost: number, came: number): number | null {
  return came + lost > 0 ? lost / (came + lost) : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** 'Good' is what nobody hears: ITU-T G.114 has 150 ms one way, and Opus hides a few percent of loss. */
export function isGood(numbers: Numbers): boolean {
  return (
    (numbers.rttMs ?? 0) <= 300 &&
    (numbers.lossUp ?? 0) <= 0.03 &&
    (numbers.lossDown ?? 0) <= 0.03 &&
    (numbers.jitterUpMs ?? 0) <= 50 &&
    (numbers.jitterDownMs ?? 0) <= 50
  );
}
