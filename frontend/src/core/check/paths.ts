/** The ways to the SFU that are tried one after the other: directly, then by each TURN server alone. */

import { toRtc } from "../call/sfu";
import type { IceServer } from "../signaling/messages.gen";

export type Transport = "udp" | "tcp" | "tls";

export interface Path {
  /** `direct`, or the TURN server's URL. */
  readonly id: string;
  readonly kind: "direct" | "turn";
  /** Of TURN: from here to the relay. */
  readonly transport: Transport;
  /** host:port of the relay; null for the direct way. */
  readonly relay: string | null;
  readonly ice: RTCConfiguration;
}

/** More are not tried: each costs its seconds, and the server counts them. */
export const MAX_RELAYS = 6;

export const DIRECT: Path = {
  id: "direct",
  kind: "direct",
  transport: "udp",
  relay: null,
  ice: { bundlePolicy: "max-bundle" },
};

export function pathsOf(servers: readonly IceServer[]): Path[] {
  const relays = servers.flatMap((server) =>
    server.urls.flatMap((url): Path[] => {
      const known = readTurnUrl(url);
      if (!known) return [];
      return [
        {
          id: url,
          kind: "turn",
          ...known,
          ice: {
            bundlePolicy: "max-bundle",
            iceTransportPolicy: "relay",
            iceServers: toRtc([{ ...server, urls: [url] }]),
          },
        },
      ];
    }),
  );
  return [DIRECT, ...relays.slice(0, MAX_RELAYS)];
}

/** RFC 7065; null for what is no TURN server. */
export function readTurnUrl(url: string): { transport: Transport; relay: string } | null {
  const match = /^(turns?):(\[[0-9a-f:.]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  if (!match) return null;
  const [, scheme = "", host, port, transport] = match;
  const secure = scheme.toLowerCase() === "turns";
  return {
    transport: secure ? "tls" : transport?.toLowerCase() === "tcp" ? "tcp" : "udp",
    relay: `${host}:${port ?? (secure ? 5349 : 3478)}`,
  };
}
