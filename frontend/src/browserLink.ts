/** Where a link that goes on in a browser has led to: see `POST /auth/browser-link` (docs/rest.md). */

/**
 * The token in the address, if there is one. It goes from the address at once, so that it is in no history, no
 * bookmark and no link that somebody copies.
 */
export function takeBrowserToken(
  address: Pick<Location, "hash" | "pathname" | "search">,
  past: Pick<History, "replaceState">,
): string | null {
  const token = new URLSearchParams(address.hash.slice(1)).get("browser");
  if (token === null) return null;
  past.replaceState(null, "", address.pathname + address.search);
  return token || null;
}
