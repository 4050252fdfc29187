import { expect, test } from "vitest";
import { ApiError } from "./http";
import { answerOf } from "./outcome";

const codeOf = (status: number, detail: string) =>
  answerOf(async () => {
    throw new ApiError(status, detail);
  });

test.each([
  [404, "Call not found", "not_found"],
  [404, "Call has expired", "expired"],
  [404, "Call is not available", "ended"],
  [500, "Call has expired", "other"],
  [503, "Service unavailable", "unavailable"],
])("%i %s is told as %s", async (status, detail, code) => {
  expect(await codeOf(status, detail)).toMatchObject({ ok: false, code });
});

test("a bug is none of the answers", async () => {
  await expect(answerOf(() => Promise.reject(new TypeError("bug")))).rejects.toThrow("bug");
});
