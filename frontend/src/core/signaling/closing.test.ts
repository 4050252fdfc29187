import { describe, expect, test } from "vitest";
import { closingOf } from "./closing";

describe("a closed socket", () => {
  test.each([
    [4404, "ended", "ended"],
    [4404, "expired", "expired"],
    [4404, null, "not_found"],
    [4403, "removed", "removed"],
    [4403, "locked", "locked"],
    [4409, "replaced", "replaced"],
    [4429, "room_full", "room_full"],
    [4429, "too_many_connections", "too_many_connections"],
    [4400, "rate_limited", "rate_limited"],
  ] as const)("with %i and %s fails with %s", (code, error, failure) => {
    expect(closingOf(code, error)).toEqual({ kind: "failed", failure });
  });

  test.each([1000, 1001, 1006, 1012, 1013, 4408])("with %i is opened again", (code) => {
    expect(closingOf(code, null)).toEqual({ kind: "retry", fresh: false });
  });

  test("that was not let in is opened with a new sign-in", () => {
    expect(closingOf(4401, "unauthorized")).toEqual({ kind: "retry", fresh: true });
  });

  test("that the server closes for a restart is opened again though an error came before", () => {
    expect(closingOf(1012, "draining")).toEqual({ kind: "retry", fresh: false });
  });
});
