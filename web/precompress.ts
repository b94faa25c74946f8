import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** Text files. Fonts and pictures are compressed already. */
const compressible = /\.(?:js|css|svg)$/;

/** Smaller files fit into one packet, compressed or not. */
const bytesMin = 1024;

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/**
 * Writes each text file of the build a second and third time, compressed with Brotli and gzip at their highest levels. The
 * server sends the form that the browser accepts, so no request waits for compression. A plugin of its own, because the
 * published ones wrap the same two calls of Node.
 */
export const precompress = (): Plugin => ({
  name: "precompress",
  apply: "build",
  async writeBundle({ dir = "" }, bundle) {
    const names = [...Object.keys(bundle), ...(await readdir(dir))].filter((name) => compressible.test(name));
    await Promise.all(names.map((name) => compressFile(join(dir, name))));
  },
});

async function compressFile(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.length < bytesMin) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const [br, gz] = await Promise.all([
    brotli(content, { params }),
    gzipped(content, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}
