/** One way to the SFU, tried by a connection of its own: offer, echo, numbers, the end. */

import type {
  CheckClientMessage,
  CheckServerMessage,
  CheckStats,
  Error as ErrorMessage,
  IceServer,
} from "../signaling/messages.gen";
import { parseMessage } from "../signaling/socket";
import { type Numbers, numbersOf, type Received, readStats } from "./numbers";
import type { Path } from "./paths";

export type Failure =
  /** No packet came through: a blocked port, or a relay that does not answer. */
  | "no_path"
  /** The way was there and broke. */
  | "lost"
  /** Connected, but no sound came back. */
  | "no_echo"
  | "rate_limited"
  | "unauthorized"
  /** The server itself is not reached. */
  | "unreachable";

export interface PathResult {
  readonly path: Path;
  readonly failure: Failure | null;
  readonly connectedAfterMs: number | null;
  readonly numbers: Numbers;
}

export interface Probed {
  readonly result: PathResult;
  /** As the server told them to this client. */
  readonly iceServers: readonly IceServer[];
}

export const MEASURE_MS = 4_000;
/** Longer than the server's own limit for a connection: it says why. */
const PATIENCE_MS = 25_000;

/** track: what is sent and comes back. signal: ends it early. Never rejects. */
export function probe(
  url: string,
  token: string,
  path: Path,
  track: MediaStreamTrack,
  signal: AbortSignal,
): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, ["telcall.check", `token.${token}`]);
    const pc = new RTCPeerConnection(path.ice);
    const up = pc.addTransceiver(track, { direction: "sendonly" });
    const down = pc.addTransceiver("audio", { direction: "recvonly" });
    let iceServers: readonly IceServer[] = [];
    let stats: CheckStats | null = null;
    let received: Received | null = null;
    let connectedAfterMs: number | null = null;
    let answeredAt = 0;
    let error: ErrorMessage["code"] | null = null;
    let measuring: ReturnType<typeof setTimeout> | undefined;
    let done = false;

    const finish = (failure: Failure | null) => {
      if (done) return;
      done = true;
      clearTimeout(patience);
      clearTimeout(measuring);
      signal.removeEventListener("abort", abandon);
      socket.onmessage = socket.onclose = null;
      socket.close();
      pc.close();
      resolve({
        result: { path, failure, connectedAfterMs, numbers: numbersOf(stats, received) },
        iceServers,
      });
    };
    const abandon = () => finish("lost");
    const patience = setTimeout(() => finish("unreachable"), PATIENCE_MS);
    signal.addEventListener("abort", abandon);
    if (signal.aborted) abandon();

    const send = (message: CheckClientMessage) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    };
    const offer = async () => {
      await pc.setLocalDescription();
      send({
        type: "sfu_offer",
        offer_id: 1,
        payload: { type: "offer", sdp: pc.localDescription?.sdp ?? "" },
        tracks: { [up.mid ?? ""]: "microphone" },
        seats: [{ seat: 0, audio_mid: down.mid ?? "" }],
      });
    };
    const attempt = (step: Promise<void>) => step.catch(() => finish("lost"));
    const measured = async () => {
      received = readStats((await pc.getStats()).values());
      send({ type: "leave" });
    };
    const receive = (message: CheckServerMessage) => {
      switch (message.type) {
        case "check_ready":
          iceServers = message.ice_servers;
          void attempt(offer());
          break;
        case "sfu_answer":
          answeredAt = performance.now();
          void attempt(pc.setRemoteDescription({ type: "answer", sdp: message.payload.sdp }));
          break;
        case "connected":
          connectedAfterMs = Math.round(performance.now() - answeredAt);
          measuring = setTimeout(() => void attempt(measured()), MEASURE_MS);
          break;
        case "check_stats":
          stats = message;
          break;
        case "check_result":
          if (connectedAfterMs !== null) {
            stats = { type: "check_stats", uplink: message.uplink, downlink: message.downlink };
          }
          finish(failureOf(message.reason, received?.packets ?? 0));
          break;
        case "error":
          error = message.code ?? null;
          break;
      }
    };
    socket.onmessage = (event) => {
      const message = parseMessage<CheckServerMessage>(event.data);
      if (message && !done) receive(message);
    };
    socket.onclose = () => finish(refusalOf(error));
  });
}

export function failureOf(reason: string, echoedPackets: number): Failure | null {
  if (reason === "finished" || reason === "time_limit") return echoedPackets > 0 ? null : "no_echo";
  return reason === "no_path" || reason === "failed" ? "no_path" : "lost";
}

export function refusalOf(error: ErrorMessage["code"] | null): Failure {
  if (error === "rate_limited" || error === "too_many_connections") return "rate_limited";
  return error === "unauthorized" ? "unauthorized" : "unreachable";
}
