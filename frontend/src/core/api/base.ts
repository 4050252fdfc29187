/**
 * Where the API and the WebSockets are: on the page's own origin, or where the build was told
 * (`VITE_API_BASE_URL`, `VITE_WS_BASE_URL`). The only place that knows.
 */

export interface Bases {
  /** Without a slash at its end; empty: the page's own origin. */
  readonly api: string;
  readonly ws: string;
}

/** Throws where an address is not one of http, https, ws or wss: such a build can talk to nobody. */
export function basesOf(
  api: string | undefined,
  ws: string | undefined,
  page: Pick<Location, "origin">,
): Bases {
  const apiBase = api?.trim() ? absolute(api, ["http:", "https:"]) : "";
  const wsBase = ws?.trim() ? absolute(ws, ["ws:", "wss:", "http:", "https:"]) : apiBase || page.origin;
  return { api: apiBase, ws: wsBase.replace(/^http/, "ws") };
}

export const bases = (): Bases =>
  basesOf(import.meta.env.VITE_API_BASE_URL, import.meta.env.VITE_WS_BASE_URL, location);

/** path: with its slash at the front. */
export const socketUrl = (path: string, { ws } = bases()): string => ws + path;

function absolute(text: string, schemes: readonly string[]): string {
  const url = new URL(text.trim());
  if (!schemes.includes(url.protocol)) throw new Error(`not an address of a server: ${text}`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}
