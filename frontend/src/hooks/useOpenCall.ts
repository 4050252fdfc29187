import { useCallback } from "react";
import type { SignedInUser } from "../core/api/client";
import { createCall } from "../core/call/create";
import type { Call } from "../core/call/state";
import { useServices } from "./services";

/** Makes the call `callId` for `self`; nothing is asked for or opened before its `join()`. */
export function useOpenCall(callId: string, self: SignedInUser): () => Call {
  const { api } = useServices();
  return useCallback(() => createCall(callId, api, () => self), [callId, api, self]);
}
