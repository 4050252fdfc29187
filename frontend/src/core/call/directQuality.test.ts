import { expect, test } from "vitest";
import { DirectMeter } from "./directQuality";
import { video, voice } from "./score";

interface Way {
  readonly packets: number;
  readonly lost: number;
  /** Seconds. */
  readonly jitter?: number;
}

function report(down: Way, up: Way, kind = "audio", rtt: number | null = 0.04) {
  return [
    {
      type: "inbound-rtp",
      id: "in",
      kind,
      packetsReceived: down.packets,
      packetsLost: down.lost,
      jitter: down.jitter ?? 0,
    },
    { type: "outbound-rtp", id: "out", kind, packetsSent: up.packets },
    {
      type: "remote-inbound-rtp",
      id: "remote",
      kind,
      localId: "out",
      packetsLost: up.lost,
      jitter: up.jitter ?? 0,
    },
    { type: "candidate-pair", id: "old", nominated: true, state: "failed", currentRoundTripTime: 9 },
    { type: "candidate-pair", id: "pair", nominated: true, state: "succeeded", currentRoundTripTime: rtt },
    { type: "codec", id: "codec" },
  ];
}

const FINE = { packets: 250, lost: 0 };

// The same numbers as the server's, by tests/sfu/core/quality/test_score.py.
test.each([
  [0, 0, null, 4.4, "good"],
  [0.02, 5, 100, 4.2, "good"],
  [0.1, 0, 40, 3.4, "loss"],
  [0.3, 30, 300, 1.6, "loss"],
  [0, 80, 80, 4.1, "good"],
  [0, 0, 900, 2.6, "delay"],
  [1, 0, null, 1.2, "loss"],
] as const)("a voice with loss %f, jitter %f ms, round trip %s ms", (loss, jitter, rtt, score, reason) => {
  expect(voice(loss, jitter, rtt)).toEqual({ score, reason });
});

test.each([
  [0, 4.4],
  [0.01, 4.1],
  [0.03, 3.5],
  [0.2, 1],
])("a picture with loss %f", (loss, score) => {
  expect(video(loss).score).toBe(score);
});

test("a connection that carries nothing has no fault", () => {
  const meter = new DirectMeter();
  expect(meter.measure([])).toEqual({ score: 4.4, reason: "silent" });
  expect(meter.measure(report({ packets: 3, lost: 3 }, { packets: 0, lost: 0 })).reason).toBe("silent");
});

test("each way counts, the worse one", () => {
  expect(new DirectMeter().measure(report(FINE, FINE)).reason).toBe("good");
  expect(new DirectMeter().measure(report({ packets: 225, lost: 25 }, FINE))).toEqual({
    score: 3.4,
    reason: "loss",
  });
  expect(new DirectMeter().measure(report(FINE, { packets: 250, lost: 25 }))).toEqual({
    score: 3.4,
    reason: "loss",
  });
  expect(new DirectMeter().measure(report(FINE, FINE, "audio", 0.9)).reason).toBe("delay");
});

test("only what has come since the last look counts", () => {
  const meter = new DirectMeter();
  meter.measure(report({ packets: 100, lost: 100 }, FINE));
  expect(meter.measure(report({ packets: 350, lost: 100 }, { packets: 500, lost: 0 })).reason).toBe("good");
  // Nothing more has come: nothing to find fault with.
  expect(meter.measure(report({ packets: 350, lost: 100 }, { packets: 500, lost: 0 })).reason).toBe("silent");
});

test("late packets may make up for lost ones, and no more", () => {
  const meter = new DirectMeter();
  meter.measure(report({ packets: 100, lost: 10 }, FINE));
  expect(meter.measure(report({ packets: 300, lost: 0 }, { packets: 500, lost: 0 })).score).toBe(4.4);
});

test("pictures are judged too", () => {
  expect(new DirectMeter().measure(report({ packets: 970, lost: 30 }, FINE, "video"))).toEqual({
    score: 3.5,
    reason: "loss",
  });
});
