import { expect, test } from "vitest";
import { explainFailure } from "./programs.ts";

test.each([
  ['PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device', "the disk is full"],
  ['FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes', "the disk is full"],
  [
    "initdb: could not look up effective user ID 1234: user does not exist",
    "its user has a number but no entry in /etc/passwd. Start it as a user with one, or set DATABASE_URL",
  ],
  [
    "FATAL:  insufficient file descriptors available to start server process",
    "too few files may be open at once (ulimit -n)",
  ],
  ["FATAL:  database files are incompatible with server", "its files are of another version of PostgreSQL"],
  ['FATAL:  could not open file "postgresql.conf": Permission denied', "it lacks the permission to use its folder"],
  ["PANIC:  could not locate a valid checkpoint record at 0/15D5B08", "its files are damaged"],
])("the output %j is explained", (output, cause) => {
  expect(explainFailure(output)).toBe(`${cause}.\n  ${output}`);
});

test("a failure without output is explained by a full disk", () => {
  expect(explainFailure("\n")).toBe("PostgreSQL ended without a word, as when the disk has no room for its log.");
});

test("an unknown failure is explained with the last eight lines of PostgreSQL's output", () => {
  const output = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n");
  expect(explainFailure(output)).toMatch(/^PostgreSQL reported:\n {2}line 22\n[^]*line 29$/);
});
