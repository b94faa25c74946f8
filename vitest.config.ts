import { defineConfig } from "vitest/config";
import { ClosingLine } from "./server/test/support/closing-line.ts";

/**
 * One disturbed test of thousands on a busy host must not refuse a change, so CI repeats a failed test of other processes once. The
 * end of the output names it, since it is to be mended. On a developer's machine nothing is repeated.
 */
const retry = process.env.CI === undefined ? 0 : 1;

/** Needs no database: pure functions, the structure of the code, and what receivers run. */
const unit = {
  name: "unit",
  sequence: { groupOrder: 0 },
  include: [
    "server/src/**/*.test.ts",
    "server/test/structure/**/*.test.ts",
    "receiver/**/*.test.ts",
    "examples/**/*.test.ts",
    "web/src/**/*.test.ts",
  ],
  exclude: ["**/*.db.test.ts", "**/node_modules/**"],
};

/** The Admin Portal's components in happy-dom: loading PatternFly for each file would take most of the time. */
const web = {
  name: "web",
  sequence: { groupOrder: 1 },
  include: ["web/src/**/*.test.tsx"],
  environment: "happy-dom",
  setupFiles: "web/src/testing/empty-page.ts",
  server: { deps: { inline: [/@patternfly/] } }, // its files import style sheets, which Node cannot
};

/**
 * Runs on one temporary PostgreSQL: a test that commits has a database of its own, the others of a file share one. Its tests wait for
 * other processes a third of the time, so it has one worker more than two cores.
 */
const database = {
  name: "database",
  maxWorkers: 3,
  retry,
  sequence: { groupOrder: 2 },
  include: ["server/src/**/*.db.test.ts", "server/test/**/*.test.ts"],
  exclude: ["server/test/structure/**", "server/test/package/**", "**/node_modules/**"],
  globalSetup: "server/test/support/global-set-up.ts",
};

/** Builds and installs the packages: minutes, and downloads. CI runs it after `npm test`. */
const packages = {
  name: "package",
  retry,
  sequence: { groupOrder: 3 },
  include: ["server/test/package/**/*.test.ts"],
};

export default defineConfig({
  ssr: { resolve: { conditions: ["bellwire-source", "module", "node"] } }, // the source of receiver/, not its build
  test: {
    projects: [
      { extends: true, test: unit },
      { extends: true, test: web },
      { extends: true, test: database },
      { extends: true, test: packages },
    ],
    reporters: ["default", new ClosingLine()],
    sequence: { shuffle: true },
    // Modules keep no state, so files may share them: a quarter less work. A process runs files of one project only, so the
    // projects run one after another.
    isolate: false,
    maxWorkers: 2,
    // Enough for a machine that is busy with other work: no test depends on its speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    passWithNoTests: false,
  },
});
