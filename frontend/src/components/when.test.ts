import { expect, test } from "vitest";
import { dayText, timeText } from "./when";

const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour);
const NOW = at(2026, 3, 30);

test("near days are named", () => {
  expect(dayText(at(2026, 3, 30, 0).toISOString(), "ru", NOW)).toBe("Сегодня");
  expect(dayText(at(2026, 3, 29, 23).toISOString(), "ru", NOW)).toBe("Вчера");
  expect(dayText(at(2026, 3, 29, 1).toISOString(), "en", NOW)).toBe("Yesterday");
});

test("others are dates, with another year named", () => {
  expect(dayText(at(2026, 3, 28).toISOString(), "ru", NOW)).toBe("28 марта");
  expect(dayText(at(2025, 12, 31).toISOString(), "en", NOW)).toBe("December 31, 2025");
});

test("times are the language's", () => {
  expect(timeText(at(2026, 3, 30, 15).toISOString(), "ru")).toBe("15:00");
  expect(timeText(at(2026, 3, 30, 15).toISOString(), "en")).toMatch(/^3:00\sPM$/);
});
