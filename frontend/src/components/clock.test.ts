import { expect, it } from "vitest";
import { clockText } from "./clock";

it("a clock is m:ss and h:mm:ss", () => {
  expect(clockText(-5)).toBe("0:00");
  expect(clockText(65_999)).toBe("1:05");
  expect(clockText(3_723_000)).toBe("1:02:03");
});
