import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { knownLanguage, pickLanguage } from "./language";
import { TEXTS } from "./languages";

const PLURAL = /_(zero|one|two|few|many|other)$/;

function texts(node: object, prefix = ""): [string, string][] {
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value]] : texts(value, `${prefix}${key}.`),
  ) as [string, string][];
}

describe.each(Object.entries(TEXTS))("the texts in %s", (language, node) => {
  it("have the keys of the English ones", () => {
    const keys = (node: object) => [...new Set(texts(node).map(([key]) => key.replace(PLURAL, "")))].sort();
    expect(keys(node)).toEqual(keys(TEXTS.en));
  });

  it("fill in the same values", () => {
    const slots = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((m) => m[1]).sort();
    const english = new Map(texts(TEXTS.en));
    for (const [key, text] of texts(node)) {
      const twin = english.get(key) ?? english.get(key.replace(PLURAL, "_other"));
      expect(slots(text), key).toEqual(slots(twin ?? ""));
    }
  });

  it("have every plural form that the language needs", () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const found = texts(node).filter(([key]) => PLURAL.test(key));
    const stems = new Set(found.map(([key]) => key.replace(PLURAL, "")));
    const all = new Set(found.map(([key]) => key));
    for (const stem of stems) for (const form of needed) expect(all).toContain(`${stem}_${form}`);
  });

  it("leave no text empty", () => {
    for (const [key, text] of texts(node)) expect(text.trim(), key).not.toBe("");
  });
});

describe("the language", () => {
  it("ignores the region", () => {
    expect(knownLanguage("ru-RU")).toBe("ru");
    expect(knownLanguage("en_GB")).toBe("en");
    expect(knownLanguage("xx")).toBeNull();
  });

  it("is the first one that we speak", () => {
    expect(pickLanguage([null, "xx-DE", "en-US", "ru"])).toBe("en");
    expect(pickLanguage(["yy", "ru-RU", "en"])).toBe("ru");
  });

  it("is English for who speaks none of ours, and Russian for who says nothing", () => {
    expect(pickLanguage([null, "xx-DE", "yy"])).toBe("en");
    expect(pickLanguage(["xx", undefined])).toBe("en");
    expect(pickLanguage([null, undefined, ""])).toBe("ru");
    expect(pickLanguage([])).toBe("ru");
  });
});

describe("components and pages", () => {
  const root = join(import.meta.dirname, "..");
  const files = ["components", "pages"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".tsx") && !name.endsWith(".test.tsx"))
      .map((name) => join(root, folder, name)),
  );
  const sources = files.map((file) => [file, readFileSync(file, "utf8")] as const);

  it("hold no text of their own", () => {
    expect(sources.length).toBeGreaterThan(0);
    for (const [file, source] of sources) {
      expect(source, file).not.toMatch(/[А-Яа-яЁё]/);
      expect(source, file).not.toMatch(/(aria-label|placeholder|title|alt)="[^"]+"/);
      expect(source, file).not.toMatch(/>\s*[A-Z][a-z]+[^<>{}=;()]*<\//);
    }
  });

  it("use only texts that exist", () => {
    const known = new Set(texts(TEXTS.en).map(([key]) => key.replace(PLURAL, "")));
    for (const [file, source] of sources)
      for (const [, key] of source.matchAll(/\bt\(\s*"([\w.]+)"/g)) expect(known, file).toContain(key);
  });
});

describe("every text", () => {
  const root = join(import.meta.dirname, "..");
  const source = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => readFileSync(join(root, name), "utf8"))
    .join("\n");

  it("is shown somewhere, by its whole name or as one of a group", () => {
    const shown = (key: string) =>
      source.includes(`"${key}"`) ||
      [...key.matchAll(/\./g)].some(({ index }) => source.includes(`\`${key.slice(0, index + 1)}\${`));
    const keys = texts(TEXTS.en).map(([key]) => key.replace(PLURAL, ""));
    expect(keys.filter((key) => !shown(key))).toEqual([]);
  });
});
