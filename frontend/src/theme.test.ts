import { describe, expect, it } from "vitest";
import { buttonPair, contrast } from "./theme";

describe("button colours", () => {
  it("are the user's where they can be read", () => {
    expect(buttonPair("#1a5fb4", "#ffffff", false)).toEqual(["#1a5fb4", "#ffffff"]);
  });

  it("are our own where the theme's are too pale or missing", () => {
    for (const dark of [true, false]) {
      for (const [background, text] of [
        ["#8ad0ff", "#ffffff"],
        ["", ""],
      ] as const) {
        const [ownBackground, ownText] = buttonPair(background, text, dark);
        expect(contrast(ownBackground, ownText)).toBeGreaterThanOrEqual(4.5);
        if (!dark) expect(ownBackground).toBe("#1b6fc4");
      }
    }
  });
});
