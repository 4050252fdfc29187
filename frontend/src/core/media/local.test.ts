import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalMedia } from "./local";

class FakeTrack {
  enabled = true;
  readyState: MediaStreamTrackState = "live";
  onended: (() => void) | null = null;
  constructor(readonly kind: "audio" | "video") {}
  stop() {
    this.readyState = "ended";
  }
}

let asked: MediaStreamConstraints[];
let answer: (constraints: MediaStreamConstraints) => Promise<FakeTrack[]>;

const granted = async ({ audio, video }: MediaStreamConstraints) => [
  ...(audio ? [new FakeTrack("audio")] : []),
  ...(video ? [new FakeTrack("video")] : []),
];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = granted;
  vi.stubGlobal("screen", { width: 390, height: 844 });
  vi.stubGlobal("navigator", {
    mediaDevices: {
      getUserMedia: async (constraints: MediaStreamConstraints) => {
        asked.push(constraints);
        const tracks = await answer(constraints);
        return { getTracks: () => tracks };
      },
    },
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("microphone and camera are asked for in one request", async () => {
  const media = new LocalMedia(() => {});
  await media.turnOn({ microphone: true, camera: true });
  expect(asked).toHaveLength(1);
  expect([media.microphone, media.camera]).toEqual(["on", "on"]);
});

test("muting and unmuting asks for nothing and keeps the track", async () => {
  const media = new LocalMedia(() => {});
  await media.turnOn({ microphone: true, camera: false });
  const track = media.audioTrack;
  media.muteMicrophone();
  expect(track?.enabled).toBe(false);
  await media.turnOn({ microphone: true, camera: false });
  expect(asked).toHaveLength(1);
  expect(media.audioTrack).toBe(track);
  expect(track?.enabled).toBe(true);
});

test("two taps never ask at the same time", async () => {
  const media = new LocalMedia(() => {});
  let open = 0;
  let most = 0;
  answer = async (constraints) => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open -= 1;
    return granted(constraints);
  };
  await Promise.all([
    media.turnOn({ microphone: true, camera: false }),
    media.turnOn({ microphone: false, camera: true }),
  ]);
  expect(asked).toHaveLength(2);
  expect(most).toBe(1);
});

test("a refusal is told and not asked about again by itself", async () => {
  const media = new LocalMedia(() => {});
  answer = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  await media.turnOn({ microphone: true, camera: true });
  expect(asked).toHaveLength(1);
  expect([media.microphone, media.camera]).toEqual(["refused", "refused"]);
});

test("without a camera the microphone still comes", async () => {
  const media = new LocalMedia(() => {});
  answer = (constraints) =>
    constraints.video ? Promise.reject(new DOMException("none", "NotFoundError")) : granted(constraints);
  await media.turnOn({ microphone: true, camera: true });
  expect([media.microphone, media.camera]).toEqual(["on", "missing"]);
});

test("a camera that is off is let go after ten seconds", async () => {
  const media = new LocalMedia(() => {});
  await media.turnOn({ microphone: false, camera: true });
  const track = media.videoTrack;
  media.turnOffCamera();
  expect(media.videoTrack).toBeNull();
  expect(track?.readyState).toBe("live");
  vi.advanceTimersByTime(10_000);
  expect(track?.readyState).toBe("ended");
});

test("what is granted after the call has ended is stopped at once", async () => {
  const media = new LocalMedia(() => {});
  const late = new FakeTrack("audio");
  let grant: (tracks: FakeTrack[]) => void = () => {};
  answer = () =>
    new Promise((resolve) => {
      grant = resolve;
    });
  const asking = media.turnOn({ microphone: true, camera: false });
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  media.close();
  grant([late]);
  await asking;
  expect(late.readyState).toBe("ended");
  expect(media.microphone).toBe("off");
});

test("a camera that is off is let go, also when the microphone is turned on meanwhile", async () => {
  const media = new LocalMedia(() => {});
  await media.turnOn({ microphone: true, camera: true });
  const camera = media.videoTrack;
  media.turnOffCamera();
  media.muteMicrophone();
  await media.turnOn({ microphone: true, camera: false });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(camera?.readyState).toBe("ended");
});
