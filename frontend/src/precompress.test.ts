// @vitest-environment node
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { build } from "vite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { precompress, precompressed } from "../precompress";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "telcall-"));
  await mkdir(join(folder, "assets"));
});

afterEach(() => rm(folder, { recursive: true }));

it("puts both forms beside a long file of text, and they unpack to the same", async () => {
  const file = join(folder, "assets", "page-1a2b.js");
  const text = "export const greeting = 'привет';\n".repeat(100);
  await writeFile(file, text);
  expect(await precompress(folder)).toEqual([`${file}.br`, `${file}.gz`]);
  expect(brotliDecompressSync(await readFile(`${file}.br`)).toString()).toBe(text);
  expect(gunzipSync(await readFile(`${file}.gz`)).toString()).toBe(text);
});

it("leaves alone what is short, what is no text, and what does not get smaller", async () => {
  await writeFile(join(folder, "index.html"), "<!doctype html>");
  await writeFile(join(folder, "assets", "ring.mp3"), "la".repeat(1000));
  await writeFile(join(folder, "noise.js"), crypto.getRandomValues(new Uint8Array(4_096)));
  expect(await precompress(folder)).toEqual([]);
});

it("looks for what was built where Vite puts it, wherever Vite was started", async () => {
  await writeFile(join(folder, "index.html"), `<!doctype html><title>${"Tel Call ".repeat(200)}</title>`);
  const plugins = [precompressed()];
  await build({ root: folder, configFile: false, logLevel: "silent", plugins, build: { outDir: "made" } });
  const plain = await readFile(join(folder, "made", "index.html"));
  expect(brotliDecompressSync(await readFile(join(folder, "made", "index.html.br")))).toEqual(plain);
});
