import { defineConfig } from "vitest/config";
import { ClosingLine } from "./server/test/support/closing-line.ts";

/** Needs no database: rules, pure functions, the house itself, pages, and what receivers run. */
const unit = {
  name: "unit",
  sequence: { groupOrder: 0 },
  include: [
    "server/src/**/*.test.ts",
    "server/test/house/**/*.test.ts",
    "receiver/**/*.test.ts",
    "examples/**/*.test.ts",
    "web/src/**/*.test.ts",
  ],
  exclude: ["**/*.db.test.ts", "**/node_modules/**"],
};

/** The Admin Portal's components, in a browser that is only pretended: each file has one of its own. */
const web = {
  name: "web",
  isolate: true,
  sequence: { groupOrder: 1 },
  include: ["web/src/**/*.test.tsx"],
  environment: "happy-dom",
  server: { deps: { inline: [/@patternfly/] } }, // its files import style sheets, which Node cannot
};

/** Runs against one throw-away PostgreSQL: each test that commits in a database of its own, the others of a file in one. */
const database = {
  name: "database",
  sequence: { groupOrder: 2 },
  include: ["server/src/**/*.db.test.ts", "server/test/**/*.test.ts"],
  exclude: ["server/test/house/**", "**/node_modules/**"],
  globalSetup: "server/test/support/global-set-up.ts",
  setupFiles: "server/test/support/cheap-hashes.ts",
};

export default defineConfig({
  ssr: { resolve: { conditions: ["bellwire-source", "module", "node"] } }, // receiver/ as it is, not as it was built
  test: {
    projects: [
      { extends: true, test: unit },
      { extends: true, test: web },
      { extends: true, test: database },
    ],
    reporters: ["default", new ClosingLine()],
    sequence: { shuffle: true },
    // A file keeps nothing in its modules, so the next one may have them as they are: a quarter less work. A process goes on
    // with files of its own project alone, so one project comes after the other.
    isolate: false,
    maxWorkers: 2,
    // Late enough for a machine that is busy with something else: no test passes or fails by how fast it is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    passWithNoTests: false,
  },
});
