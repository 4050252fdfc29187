import { expect, test } from "vitest";
import type { Quality } from "../signaling/messages.gen";
import { LinkQuality } from "./linkQuality";

const told = (score: number, reason: Quality["reason"]): Quality => ({
  type: "quality",
  user_id: 1,
  score,
  reason,
});

test("a link is weak from a poor score on until it is well again", () => {
  const links = new LinkQuality();
  links.hear(told(3.6, "loss"));
  expect(links.weakness(1)).toBeNull();
  links.hear(told(3.3, "loss"));
  expect(links.weakness(1)).toBe("loss");
  links.hear(told(3.6, "jitter"));
  expect(links.weakness(1)).toBe("jitter");
  links.hear(told(3.9, "loss"));
  expect(links.weakness(1)).toBeNull();
});

test("nothing is held against a link that nothing goes through, nor against who has left", () => {
  const links = new LinkQuality();
  links.hear(told(1, "delay"));
  links.hear(told(4.4, "silent"));
  expect(links.weakness(1)).toBeNull();
  links.hear(told(1, "delay"));
  links.forget(1);
  expect(links.weakness(1)).toBeNull();
  links.hear(told(1, "delay"));
  links.clear();
  expect(links.weakness(1)).toBeNull();
});
