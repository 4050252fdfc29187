/**
 * How a direct connection fares, by what both of its ends tell: the own receivers, and the other side's receiver
 * reports. W3C Identifiers for WebRTC's Statistics API: `inbound-rtp`, `outbound-rtp`, `remote-inbound-rtp`,
 * `candidate-pair`.
 */

import { NOTHING_HEARD, type Score, video, voice } from "./score";

/** Of fewer packets a single lost one says nothing. */
const MIN_PACKETS = 20;

interface Reception {
  readonly kind: "audio" | "video";
  /** Since the stream began. */
  readonly expected: number;
  readonly lost: number;
  readonly jitterMs: number;
}

type Streams = ReadonlyMap<string, Reception>;
// What of the entries is read here; TypeScript's own types name but some of them.
type Entry = Record<string, unknown> & { readonly type: string; readonly id: string };

/** Looked at every few seconds, judges what has happened since the last look. */
export class DirectMeter {
  #before: Streams = new Map();

  /** report: of `RTCPeerConnection.getStats()`, by id. */
  measure(report: Iterable<Entry>): Score {
    const entries = new Map([...report].map((entry) => [entry.id, entry]));
    const [down, up] = [received(entries), reported(entries)];
    const rttMs = roundTripMs(entries);
    const before = this.#before;
    this.#before = new Map([...down, ...up]);
    return [down, up]
      .flatMap((way) => scores(since(way, before), rttMs))
      .reduce(
        (worst, each) => (each.score < worst.score || worst === NOTHING_HEARD ? each : worst),
        NOTHING_HEARD,
      );
  }
}

function received(entries: ReadonlyMap<string, Entry>): Streams {
  const found = new Map<string, Reception>();
  for (const entry of entries.values()) {
    const kind = kindOf(entry);
    if (entry.type !== "inbound-rtp" || !kind) continue;
    const lost = number(entry.packetsLost);
    const jitterMs = number(entry.jitter) * 1_000;
    found.set(entry.id, { kind, expected: number(entry.packetsReceived) + lost, lost, jitterMs });
  }
  return found;
}

/** What the other side has received of what is sent here. */
function reported(entries: ReadonlyMap<string, Entry>): Streams {
  const found = new Map<string, Reception>();
  for (const entry of entries.values()) {
    const kind = kindOf(entry);
    const sent = entries.get(String(entry.localId));
    if (entry.type !== "remote-inbound-rtp" || !kind || !sent) continue;
    const [expected, lost] = [number(sent.packetsSent), number(entry.packetsLost)];
    found.set(entry.id, { kind, expected, lost, jitterMs: number(entry.jitter) * 1_000 });
  }
  return found;
}

function roundTripMs(entries: ReadonlyMap<string, Entry>): number | null {
  for (const entry of entries.values()) {
    const inUse = entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded";
    if (inUse && typeof entry.currentRoundTripTime === "number") return entry.currentRoundTripTime * 1_000;
  }
  return null;
}

/** Of each stream what has come since; those that stood still are left out. */
function since(now: Streams, before: Streams): Reception[] {
  return [...now]
    .map(([id, reception]) => {
      const then = before.get(id);
      const expected = reception.expected - (then?.expected ?? 0);
      return { ...reception, expected, lost: reception.lost - (then?.lost ?? 0) };
    })
    .filter(({ expected }) => expected > 0);
}

function scores(streams: readonly Reception[], rttMs: number | null): Score[] {
  const voices = streams.filter(({ kind }) => kind === "audio");
  const [heard, seen] = [loss(voices), loss(streams.filter(({ kind }) => kind === "video"))];
  const jitterMs = Math.min(...voices.map((each) => each.jitterMs));
  return [
    ...(heard === null ? [] : [voice(heard, jitterMs, rttMs)]),
    ...(seen === null ? [] : [video(seen)]),
  ];
}

/** Of all of them together; null where that is too little to tell. */
function loss(streams: readonly Reception[]): number | null {
  const expected = streams.reduce((sum, each) => sum + each.expected, 0);
  const lost = streams.reduce((sum, each) => sum + each.lost, 0);
  return expected >= MIN_PACKETS ? Math.min(Math.max(lost, 0), expected) / expected : null;
}

function kindOf(entry: Entry): "audio" | "video" | null {
  return entry.kind === "audio" || entry.kind === "video" ? entry.kind : null;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
