/** What people paste or open: a link to a call, or its bare code. */

const CALL_ID = /^[A-Za-z0-9_-]{6,64}$/;
const PARAMETERS = ["startapp", "tgWebAppStartParam", "callId", "call_id", "id"];

export function isCallId(text: string): boolean {
  return CALL_ID.test(text);
}

/** The call's id, or null where there is none in the text. */
export function parseCallId(text: string): string | null {
  const trimmed = text.trim();
  if (isCallId(trimmed)) return trimmed;
  const url = parseUrl(trimmed);
  if (!url) return null;
  for (const name of PARAMETERS) {
    const value = url.searchParams.get(name);
    if (value && isCallId(value)) return value;
  }
  const inPath = /\/call(?:-created)?\/([A-Za-z0-9_-]{6,64})\/?$/.exec(url.pathname)?.[1];
  if (inPath) return inPath;
  const hash = url.hash.replace(/^#\/?(?:call\/)?/, "");
  return isCallId(hash) ? hash : null;
}

function parseUrl(text: string): URL | null {
  if (!/[./]/.test(text)) return null;
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
  } catch {
    return null;
  }
}

export type StartRoute =
  | { readonly kind: "call"; readonly callId: string }
  | { readonly kind: "new" }
  | { readonly kind: "call_back"; readonly userId: number }
  | { readonly kind: "home" };

/** Where a start parameter leads. Reserved words come first; call ids have exactly 16 characters. */
export function routeOfStartParam(parameter: string | null): StartRoute {
  if (!parameter) return { kind: "home" };
  if (parameter === "new") return { kind: "new" };
  if (parameter === "check") return { kind: "home" };
  const caller = /^u_(.*)$/.exec(parameter)?.[1];
  if (caller !== undefined)
    return /^[1-9]\d{0,9}$/.test(caller) ? { kind: "call_back", userId: Number(caller) } : { kind: "home" };
  return isCallId(parameter) ? { kind: "call", callId: parameter } : { kind: "home" };
}
