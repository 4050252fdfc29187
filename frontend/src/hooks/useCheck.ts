import { useEffect, useState, useSyncExternalStore } from "react";
import { socketUrl } from "../core/api/base";
import { type CheckState, ConnectionCheck } from "../core/check/check";
import { probe } from "../core/check/probe";
import { openTrack } from "../core/check/track";
import { useServices } from "./services";

/** A check of the connection that ends with the page. */
export function useCheck(): { state: CheckState; run: () => void } {
  const { api } = useServices();
  const [check] = useState(
    () =>
      new ConnectionCheck({
        openTrack,
        token: () => api.wsToken(),
        probe: (token, path, track, signal) => probe(socketUrl("/ws/check"), token, path, track, signal),
      }),
  );
  const state = useSyncExternalStore(check.subscribe, check.getState);
  useEffect(() => check.stop, [check]);
  return { state, run: () => void check.run() };
}
