/** Where a page gets its call from. */

import type { ApiClient, SignedInUser } from "../api/client";
import { callUrl } from "../signaling/socket";
import { CallEngine } from "./call";
import type { Call } from "./state";

export function createCall(callId: string, api: ApiClient, self: () => SignedInUser | null): Call {
  return new CallEngine({ callId, api, self, url: callUrl(callId), screenWidth: window.innerWidth });
}
