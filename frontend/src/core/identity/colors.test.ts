import { expect, test } from "vitest";
import { colorOf, initialsOf, nameOf } from "./colors";

const person = (
  first_name: string | null,
  last_name: string | null = null,
  username: string | null = null,
) => ({
  first_name,
  last_name,
  username,
});

test("a colour is stable, and ten neighbours have ten", () => {
  expect(colorOf(42)).toBe(colorOf(42));
  expect(new Set(Array.from({ length: 10 }, (_, i) => colorOf(100 + i).from)).size).toBe(10);
});

test("initials come from the names, else from the username", () => {
  expect(initialsOf(person("анна", "smith"))).toBe("АS");
  expect(initialsOf(person(null, null, "bob"))).toBe("B");
  expect(initialsOf(person(null))).toBe("•");
  expect(initialsOf(person("😀 smile"))).toBe("😀");
});

test("a name is the full one, else the username", () => {
  expect(nameOf(person("Anna", "Smith"))).toBe("Anna Smith");
  expect(nameOf(person(null, null, "bob"))).toBe("bob");
  expect(nameOf(person(null))).toBeNull();
});
