/**
 * Writes src/core/signaling/messages.gen.ts from the server's own models; with --check only compares.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const target = join(root, "frontend", "src", "core", "signaling", "messages.gen.ts");
const python = process.env.PYTHON ?? join(root, ".venv", "bin", "python");

const schema = JSON.parse(
  execFileSync(python, ["-m", "signaling.schema"], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 24 }),
);
const written = await compile(schema, "Signaling", {
  additionalProperties: false,
  bannerComment: "/* Generated from signaling/messages.py by `npm run types`. Do not edit. */",
  style: { printWidth: 110 },
});
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== written) {
    console.error("messages.gen.ts differs from signaling/messages.py: run `make types`");
    process.exit(1);
  }
} else {
  writeFileSync(target, written);
}
