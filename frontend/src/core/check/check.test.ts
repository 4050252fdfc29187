import { describe, expect, it } from "vitest";
import { TEXTS } from "../../i18n/languages";
import type { CheckStats } from "../signaling/messages.gen";
import { ConnectionCheck } from "./check";
import { isGood, numbersOf, readStats } from "./numbers";
import { MAX_RELAYS, type Path, pathsOf, readTurnUrl } from "./paths";
import { type Failure, failureOf, type PathResult, refusalOf } from "./probe";
import { summaryOf } from "./summary";

const TURN = {
  urls: ["turn:turn.example.org", "turns:turn.example.org:443?transport=tcp"],
  username: "u",
  credential: "c",
};
const STATS: CheckStats = {
  type: "check_stats",
  uplink: { packets: 95, lost: 5, bytes: 1, jitter_ms: 2.5, kbps: 33 },
  downlink: { packets: 90, bytes: 1, kbps: 31, fraction_lost: 0.2, jitter_ms: 9, rtt_ms: 80 },
};

function result(path: Path, failure: Failure | null = null): PathResult {
  return { path, failure, connectedAfterMs: failure ? null : 120, numbers: numbersOf(STATS, null) };
}

describe("the ways", () => {
  it("are the direct one and each TURN server by itself", () => {
    const paths = pathsOf([{ urls: ["stun:stun.example.org"], username: null, credential: null }, TURN]);
    expect(paths.map((path) => [path.kind, path.transport, path.relay])).toEqual([
      ["direct", "udp", null],
      ["turn", "udp", "turn.example.org:3478"],
      ["turn", "tls", "turn.example.org:443"],
    ]);
    expect(paths[2]?.ice).toMatchObject({
      iceTransportPolicy: "relay",
      iceServers: [{ urls: ["turns:turn.example.org:443?transport=tcp"], username: "u", credential: "c" }],
    });
  });

  it("are not without end", () => {
    const urls = Array.from({ length: 40 }, (_, at) => `turn:t${at}.example.org`);
    expect(pathsOf([{ ...TURN, urls }])).toHaveLength(1 + MAX_RELAYS);
  });

  it("read TURN addresses", () => {
    expect(readTurnUrl("turn:[2001:db8::1]:99?transport=tcp")).toEqual({
      transport: "tcp",
      relay: "[2001:db8::1]:99",
    });
    expect(readTurnUrl("turns:a")).toEqual({ transport: "tls", relay: "a:5349" });
    expect(readTurnUrl("stun:a")).toBeNull();
    expect(readTurnUrl("turn:")).toBeNull();
  });
});

describe("the numbers", () => {
  it("take what goes up from the server and what comes down from the browser", () => {
    const received = readStats([
      { type: "inbound-rtp", packetsReceived: 99, packetsLost: 1, jitter: 0.004 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
    ]);
    expect(numbersOf(STATS, received)).toEqual({
      rttMs: 50,
      lossUp: 0.05,
      lossDown: 0.01,
      jitterUpMs: 2.5,
      jitterDownMs: 4,
      kbpsUp: 33,
      kbpsDown: 31,
    });
  });

  it("know nothing while nothing came", () => {
    expect(numbersOf(null, null)).toMatchObject({ rttMs: null, lossUp: null, lossDown: null, kbpsUp: 0 });
    expect(isGood(numbersOf(null, null))).toBe(true);
    expect(isGood(numbersOf(STATS, null))).toBe(false);
  });
});

describe("why a way failed", () => {
  it("is told by the server's reason", () => {
    expect(failureOf("finished", 10)).toBeNull();
    expect(failureOf("finished", 0)).toBe("no_echo");
    expect(failureOf("no_path", 0)).toBe("no_path");
    expect(failureOf("lost", 10)).toBe("lost");
    expect(refusalOf("rate_limited")).toBe("rate_limited");
    expect(refusalOf(null)).toBe("unreachable");
  });
});

describe("every failure", () => {
  const failures: Record<Failure, true> = {
    no_path: true,
    lost: true,
    no_echo: true,
    rate_limited: true,
    unauthorized: true,
    unreachable: true,
  };

  it("has its words in every language", () => {
    for (const { check } of Object.values(TEXTS)) {
      expect(Object.keys(check.why).sort()).toEqual(Object.keys(failures).sort());
      expect(Object.keys(check.failed).sort()).toEqual(Object.keys(failures).sort());
    }
  });
});

describe("a check", () => {
  function make(failures: Record<string, Failure | null>) {
    const tried: string[] = [];
    let stopped = 0;
    const check = new ConnectionCheck({
      openTrack: async () => ({
        track: {} as MediaStreamTrack,
        microphone: false,
        stop: () => {
          stopped += 1;
        },
      }),
      token: async () => "t",
      probe: async (_token, path) => {
        tried.push(path.id);
        return { result: result(path, failures[path.id] ?? null), iceServers: [TURN] };
      },
    });
    return { check, tried, stopped: () => stopped };
  }

  it("tries every way, also after one that is blocked, and lets the microphone go", async () => {
    const { check, tried, stopped } = make({ direct: "no_path" });
    await check.run();
    expect(tried).toEqual(["direct", ...TURN.urls]);
    const state = check.getState();
    expect(state.kind === "done" && state.results.map((each) => each.failure)).toEqual([
      "no_path",
      null,
      null,
    ]);
    expect(stopped()).toBe(1);
  });

  it("ends where the server does not talk to us", async () => {
    const { check, tried } = make({ direct: "rate_limited" });
    await check.run();
    expect(tried).toEqual(["direct"]);
    expect(check.getState().kind).toBe("done");
  });

  it("says nothing more once it is stopped", async () => {
    const { check, stopped } = make({});
    const run = check.run();
    check.stop();
    await run;
    expect(check.getState().kind).toBe("idle");
    expect(stopped()).toBe(1);
  });
});

describe("the summary", () => {
  it("has a line for each way", () => {
    const [direct, turn] = pathsOf([TURN]) as [Path, Path];
    const text = summaryOf([result(direct), result(turn, "no_path")], false, "UA", new Date(0));
    expect(text.split("\n")).toEqual([
      "Tel Call connection check, 1970-01-01T00:00:00.000Z",
      "sent: tone (no microphone)",
      "direct UDP: ok in 120 ms, rtt 80 ms, loss up 5.0% down 20.0%, jitter up 3 ms down 9 ms, kbps up 33 down 31",
      "TURN UDP turn.example.org:3478: no_path",
      "UA",
    ]);
  });
});

it("can be begun again where there was nothing to send", async () => {
  let tries = 0;
  const check = new ConnectionCheck({
    openTrack: async () => {
      tries += 1;
      throw new Error("no sound here");
    },
    token: async () => "token",
    probe: async () => {
      throw new Error("not reached");
    },
  });
  await check.run();
  await check.run();
  expect([tries, check.getState().kind]).toEqual([2, "idle"]);
});
