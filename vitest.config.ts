import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { ClosingLine } from "./server/test/support/closing-line.ts";

/**
 * One disturbed test of thousands on a busy host must not refuse a change, so CI repeats a failed test once. The
 * end of the output names it, since it is to be mended. On a developer's machine nothing is repeated.
 */
const retry = process.env.CI === undefined ? 0 : 1;

/**
 * Node imports the modules as in production, which takes a quarter less processor time than Vite's transformed ones. Compiled code is
 * kept where the command keeps its own, so that workers, later runs and the processes that tests start share it.
 */
const native = {
  experimental: { viteModuleRunner: false, nodeLoader: false },
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/bellwire", import.meta.url)) },
};

/** Needs no database: pure functions, the structure of the code, and what receivers run. */
const unit = {
  ...native,
  name: "unit",
  sequence: { groupOrder: 0 },
  include: [
    "server/src/**/*.test.ts",
    "server/test/structure/**/*.test.ts",
    "receiver/**/*.test.ts",
    "examples/**/*.test.ts",
  ],
  exclude: ["**/*.db.test.ts", "**/node_modules/**"],
};

/** Functions of the Admin Portal. Some are in files with JSX, which Node cannot import. */
const unitOfWeb = { name: "unit-web", sequence: { groupOrder: 0 }, include: ["web/src/**/*.test.ts"] };

/**
 * The Admin Portal's components in happy-dom: loading PatternFly for each file would take most of the time. React is the one that users
 * get. Its development code takes half as much processor time again, most of it for the origin of each element.
 */
const web = {
  name: "web",
  sequence: { groupOrder: 1 },
  include: ["web/src/**/*.test.tsx"],
  environment: "happy-dom",
  env: { NODE_ENV: "production" },
  setupFiles: "web/src/testing/empty-page.ts",
  server: { deps: { inline: [/@patternfly/] } }, // its files import style sheets, which Node cannot
};

/** Runs on one temporary PostgreSQL: a test that commits has a database of its own, the others of a file share one. */
const database = {
  ...native,
  name: "database",
  sequence: { groupOrder: 2 },
  include: ["server/src/**/*.db.test.ts", "server/test/**/*.test.ts"],
  exclude: ["server/test/structure/**", "server/test/package/**", "**/node_modules/**"],
  globalSetup: "server/test/support/global-set-up.ts",
};

/** Builds and installs the packages: minutes, and downloads. CI runs it after `npm test`. */
const packages = {
  name: "package",
  maxWorkers: 2, // each test keeps both cores busy
  sequence: { groupOrder: 3 },
  include: ["server/test/package/**/*.test.ts"],
};

/**
 * Runs files in any order, but those first that give a test more time than usual, the most first, and then those of more than 4,000
 * characters or with processes of their own: a run would otherwise end with one long file on one processor.
 */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    return files
      .map((file) => {
        const text = readFileSync(file.moduleId, "utf8");
        return {
          file,
          group: file.project.config.sequence.groupOrder,
          longestMs: longestTimeoutMs(text),
          isLarge: Number(text.length > 4000 || text.includes("node:child_process")),
          place: createHash("sha1").update(`${seed} ${file.moduleId}`).digest("hex"),
        };
      })
      .toSorted(
        (a, b) =>
          a.group - b.group || b.longestMs - a.longestMs || b.isLarge - a.isLarge || (a.place < b.place ? -1 : 1),
      )
      .map(({ file }) => file);
  }
}

const longestTimeoutMs = (test: string): number =>
  Math.max(
    0,
    ...[...test.matchAll(/\btimeout\b[^\d\n]{0,40}?(\d[\d_]*)/g)].map(([, ms = ""]) => Number(ms.replaceAll("_", ""))),
  );

export default defineConfig({
  ssr: { resolve: { conditions: ["bellwire-source", "module", "node"] } }, // the source of receiver/, not its build
  test: {
    projects: [
      { extends: true, test: unit },
      { extends: true, test: unitOfWeb },
      { extends: true, oxc: { jsx: { development: false } }, test: web },
      { extends: true, test: database },
      { extends: true, test: packages },
    ],
    reporters: ["default", new ClosingLine()],
    sequence: { shuffle: { tests: true }, sequencer: LongFilesFirst },
    // Modules keep no state, so files may share them: a quarter less work. A process runs files of one project only, so the
    // projects run one after another.
    isolate: false,
    retry,
    // On two cores. Tests wait for other processes and for timers: with three workers, the cores were idle for a fifth of the database's
    // tests, and with two for half of the web's. Five were slower.
    maxWorkers: 4,
    // Enough for a machine that is busy with other work: no test depends on its speed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    passWithNoTests: false,
  },
});
