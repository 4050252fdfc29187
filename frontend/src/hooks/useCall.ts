import { useEffect, useState, useSyncExternalStore } from "react";
import type { Call, CallState } from "../core/call/state";

export interface JoinOptions {
  readonly microphone: boolean;
  readonly camera: boolean;
}

export interface CallHandle {
  readonly call: Call;
  readonly state: CallState;
  /** From a tap: a new attempt after one that failed. */
  readonly rejoin: (options: JoinOptions) => void;
}

/** The call of this page: made with it, left with it. `open` makes a call that has not begun. */
export function useCall(open: () => Call): CallHandle {
  const [call, setCall] = useState(open);
  const state = useSyncExternalStore(call.subscribe, call.getState);
  useEffect(() => () => call.leave(), [call]);
  const rejoin = (options: JoinOptions) => {
    const next = open();
    setCall(next);
    void next.join(options);
  };
  return { call, state, rejoin };
}
