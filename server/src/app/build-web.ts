import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "#platform/clock.ts";
import { errorMessage } from "#platform/errors.ts";
import { withFileLock } from "#platform/files.ts";

const webFolder = fileURLToPath(new URL("../../../web/", import.meta.url));
const lockFile = fileURLToPath(new URL("../../../node_modules/.bellwire-web-build", import.meta.url));
const built = join(webFolder, "dist");

/** The files beside `src` that change the build. */
const buildFiles = ["index.html", "package.json", "vite.config.ts", "trim-patternfly.ts", "precompress.ts"];

/**
 * Builds the Admin Portal's pages if they are missing or older than their sources. A failed build is reported and affects
 * nothing else. Without a bundler, as in the package, in an image or after `npm ci --omit=dev`, uses the existing pages.
 */
export async function buildWeb(printStatus: (line: string) => void, stop: AbortSignal): Promise<void> {
  try {
    if (await isFresh()) return;
    const vite = findVite();
    if (vite === undefined) {
      if (!existsSync(join(built, "index.html"))) printStatus(notBuilt);
      return;
    }
    await withFileLock(
      lockFile,
      () => printStatus("another process is building the Admin Portal's pages; waiting for it"),
      async () => (await isFresh()) || build(vite, printStatus, stop),
    );
  } catch (error) {
    if (!stop.aborted) printStatus(`the Admin Portal's pages could not be built: ${errorMessage(error)}`);
  }
}

const notBuilt =
  "the Admin Portal's pages are not built, and the bundler is not installed: run npm ci && npm run build, then npm prune --omit=dev";

/** Returns the path of Vite's program. It is a development dependency. */
function findVite(): string | undefined {
  try {
    return join(dirname(createRequire(join(webFolder, "package.json")).resolve("vite/package.json")), "bin", "vite.js");
  } catch {
    return undefined;
  }
}

async function isFresh(): Promise<boolean> {
  const page = await stat(join(built, "index.html")).catch(() => undefined);
  if (!page) return false;
  return !existsSync(join(webFolder, "src")) || page.mtimeMs >= (await newestSourceMs());
}

async function newestSourceMs(): Promise<number> {
  const sources = await readdir(join(webFolder, "src"), { recursive: true, withFileTypes: true });
  const files = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const times = [...files, ...buildFiles.map((name) => join(webFolder, name))].map(
    async (file) => (await stat(file)).mtimeMs,
  );
  return Math.max(...(await Promise.all(times)));
}

// Builds beside the old pages and replaces them when the new ones are complete.
async function build(vite: string, printStatus: (line: string) => void, stop: AbortSignal): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  printStatus("building the Admin Portal's pages (the first time, and when they changed)");
  const draft = join(webFolder, "node_modules", ".dist-draft"); // ignored by git and formatters
  const child = spawn(process.execPath, [vite, "build", "--outDir", draft, "--emptyOutDir", "--logLevel", "error"], {
    cwd: webFolder,
    detached: true, // Ctrl-C reaches only this process, which ends it
    stdio: ["ignore", "ignore", "pipe"],
    signal: stop,
  });
  const output: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(Buffer.concat(output).toString().trim());
  await rm(built, { recursive: true, force: true });
  await rename(draft, built);
  printStatus(`built the Admin Portal's pages in ${((systemClock.monotonicMs() - startedMs) / 1000).toFixed(1)} s`);
}
