// Which code of the program runs. JavaScript, since Node.js strips no types from files below node_modules.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const sources = join(root, "server/src");
const bundle = join(root, "server/dist");

/** The file of a bundle that holds the stamp of its sources. */
export const stampFile = "sources";

/**
 * Returns the URL of an entry of the program, `main.ts` or `app/engine-process.ts`. The bundle loads in two fifths of the processor
 * time of the sources, and is used as long as it is made of the present ones. The package has nothing else.
 */
export function programUrl(entry) {
  const file = isBundled() ? join(bundle, `${basename(entry, ".ts")}.js`) : join(sources, entry);
  return pathToFileURL(file).href;
}

const isBundled = () =>
  !existsSync(join(sources, "main.ts")) ||
  (existsSync(join(bundle, stampFile)) && readFileSync(join(bundle, stampFile), "utf8") === stampOfSources());

/** Returns what changes whenever a source file or the version of a dependency does: path, size and time of each file. */
export function stampOfSources() {
  const files = readdirSync(sources, { recursive: true }).filter((path) => /(?<!\.test)\.ts$/.test(path));
  return ["../../package-lock.json", ...files.toSorted((one, other) => (one < other ? -1 : 1))]
    .map((path) => {
      const file = statSync(join(sources, path), { throwIfNoEntry: false }); // deleted meanwhile, or a link to nothing
      return `${path} ${file?.size} ${file?.mtimeMs}\n`;
    })
    .join("");
}
