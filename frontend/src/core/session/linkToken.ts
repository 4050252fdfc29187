/** What can be read in the token of a link that goes on in a browser: a JWT (RFC 7519) of the server. */

/**
 * The id of whom it signs in; null where it cannot be read. Nothing proves it here: who writes another id into a
 * token has one that the server refuses.
 */
export function ownerOf(token: string): number | null {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const claims: unknown = JSON.parse(atob(payload));
    if (typeof claims !== "object" || claims === null || !("sub" in claims)) return null;
    return typeof claims.sub === "string" && /^\d+$/.test(claims.sub) ? Number(claims.sub) : null;
  } catch {
    return null;
  }
}
