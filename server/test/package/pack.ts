import { execFile } from "node:child_process";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withFileLock } from "#platform/files.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Packages in a folder of a test. */
export interface Packed {
  readonly bellwire: string;
  readonly receiver: string;
}

/**
 * Packs and copies the packages into a folder. Packing replaces `dist`, and test files run side by side, so only one packs at a time, and
 * none uses what is in `dist` afterwards.
 */
export const packInto = (folder: string): Promise<Packed> =>
  withFileLock(
    join(root, "node_modules/.packing"),
    () => undefined,
    async () => {
      await promisify(execFile)("npm", ["run", "pack"], { cwd: root });
      const names = (await readdir(join(root, "dist"))).filter((name) => name.endsWith(".tgz"));
      await Promise.all(names.map((name) => cp(join(root, "dist", name), join(folder, name))));
      const find = (pattern: RegExp): string => join(folder, names.find((name) => pattern.test(name)) ?? "");
      return { bellwire: find(/^bellwire-[\d.]+\.tgz$/), receiver: find(/^bellwire-receiver-[\d.]+\.tgz$/) };
    },
  );
