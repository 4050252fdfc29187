import { routeOfStartParam } from "./core/call-id/parse";

const USED_KEY = "telcall.startParam";

/**
 * Leads a launch by link to its page, once: a reload or a way back to the first page must not enter the call
 * again. Runs before the router reads the address.
 */
export function openStartParam(parameter: string | null): void {
  if (!parameter || location.pathname !== "/") return;
  try {
    if (sessionStorage.getItem(USED_KEY) === parameter) return;
    sessionStorage.setItem(USED_KEY, parameter);
  } catch {
    // Without storage the link works on each load.
  }
  const route = routeOfStartParam(parameter);
  if (route.kind === "call") history.replaceState(null, "", `/call/${route.callId}`);
  if (route.kind === "call_back") history.replaceState(null, "", `/call-back/${route.userId}`);
}
