/** What a closed socket means, by its code and by the `error` that went before it. */

import type { Failure } from "../call/state";
import type { Error as ErrorMessage } from "./messages.gen";

export type Closing =
  /** Try again by yourself; `fresh`: only after signing in anew. */
  | { readonly kind: "retry"; readonly fresh: boolean }
  | { readonly kind: "failed"; readonly failure: Failure };

const BY_CODE: Readonly<Record<number, Failure>> = {
  4400: "rate_limited",
  4403: "unavailable",
  4404: "not_found",
  4409: "replaced",
  4429: "room_full",
};

const BY_ERROR: Partial<Record<NonNullable<ErrorMessage["code"]>, Failure>> = {
  not_found: "not_found",
  ended: "ended",
  expired: "expired",
  replaced: "replaced",
  removed: "removed",
  locked: "locked",
  room_full: "room_full",
  too_many_connections: "too_many_connections",
};

export function closingOf(code: number, error: ErrorMessage["code"] | null): Closing {
  if (code === 4401) return { kind: "retry", fresh: true };
  const known = code >= 4400 && code < 4500 ? ((error && BY_ERROR[error]) ?? BY_CODE[code]) : undefined;
  return known ? { kind: "failed", failure: known } : { kind: "retry", fresh: false };
}
