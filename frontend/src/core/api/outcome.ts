import { ApiError } from "./http";

/** `code` is a key of the texts `errors` or `join.errors`. retryAfterS: what the server asked to wait, if it did. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly retryAfterS?: number | null };

/** A call that is gone is a 404 as well; the words of its `detail` are part of the API. */
const GONE: Record<string, string> = { "Call has expired": "expired", "Call is not available": "ended" };

const CODES: Record<number, string> = {
  0: "network",
  401: "unauthorized",
  404: "not_found",
  410: "expired",
  429: "rate_limited",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** An answer, or the word for what went wrong; anything but an answer of the API is a bug and thrown. */
export async function outcomeOf<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const gone = error.status === 404 ? GONE[error.detail] : undefined;
    return { ok: false, code: gone ?? CODES[error.status] ?? "other", retryAfterS: error.retryAfterS };
  }
}

/** What is asked for, as it is. */
export const answerOf = <T>(work: () => Promise<T>): Promise<Outcome<T>> =>
  outcomeOf(async () => ({ ok: true, value: await work() }));
