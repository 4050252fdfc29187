/** Where a page gets its call from. */

import { socketUrl } from "../api/base";
import type { ApiClient, SignedInUser } from "../api/client";
import { CallEngine } from "./call";
import type { Call } from "./state";

export function createCall(callId: string, api: ApiClient, self: () => SignedInUser | null): Call {
  const url = socketUrl(`/ws/calls/${encodeURIComponent(callId)}`);
  return new CallEngine({ callId, api, self, url, screenWidth: window.innerWidth });
}
