import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = new Set([".css", ".html", ".js", ".json", ".map", ".svg", ".txt", ".webmanifest", ".xml"]);
/** Bytes: one packet of TCP carries about as much, so that less of it would save nobody anything. */
const WORTH_IT = 1_024;

const asBrotli = promisify(brotliCompress);
const asGzip = promisify(gzip);

/** Puts `.br` and `.gz` beside each file of text in `folder`, where they are smaller. Gives their names. */
export async function precompress(folder: string): Promise<string[]> {
  const written: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXT.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const plain = await readFile(file);
    if (plain.length < WORTH_IT) continue;
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
    const variants = {
      ".br": await asBrotli(plain, {
        params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, ...size },
      }),
      ".gz": await asGzip(plain, { level: constants.Z_BEST_COMPRESSION }),
    };
    for (const [suffix, packed] of Object.entries(variants)) {
      if (packed.length >= plain.length) continue;
      await writeFile(file + suffix, packed);
      written.push(file + suffix);
    }
  }
  return written.sort();
}

/** Compresses once, when the page is built, what the server would else have to compress for everybody. */
export function precompressed(): Plugin {
  let folder = "";
  return {
    name: "telcall-precompressed",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async writeBundle() {
      await precompress(folder);
    },
  };
}
