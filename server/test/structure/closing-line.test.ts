import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { ClosingLine } from "../support/closing-line.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const config = `
  import { ClosingLine } from "${root}server/test/support/closing-line.ts";
  export default { test: { retry: 1, reporters: ["default", new ClosingLine()] } };`;
const importing = `import { expect, test } from "vitest";`;

test("a run's last line counts tests and files that do not load, and above it is what passed only when repeated", async () => {
  const [last, ...above] = await lastLinesOfRun({
    "good.test.ts": `${importing} test("a", () => {}); test("b", () => {}); test.skip("c", () => {});`,
    "bad.test.ts": `${importing} test("d", () => expect(1).toBe(2));`,
    "broken.test.ts": `throw new Error("does not load");`,
    "shaky.test.ts": `${importing} let runs = 0; test("e", () => expect(++runs).toBe(2)); test("f", () => {});`,
  });
  expect(last).toBe("4 passed, 2 failed, 1 skipped");
  const end = above.slice(0, above.indexOf("")).toReversed();
  expect(end).toEqual([
    "passed when repeated: shaky.test.ts > e",
    "  expected 1 to be 2 // Object.is equality",
    "  - Expected",
    "  + Received",
    "  - 2",
    "  + 1",
  ]);
});

test("a run without skipped tests does not mention them", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  new ClosingLine().onTestRunEnd([], []);
  const lines = write.mock.calls.map(([text]) => text);
  write.mockRestore();
  expect(lines).toEqual(["\n0 passed, 0 failed\n"]);
});

/** Returns the lines of a run's output, the last one first. */
async function lastLinesOfRun(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "bellwire-closing-"));
  try {
    await symlink(join(root, "node_modules"), join(scratch, "node_modules"));
    for (const [name, text] of Object.entries({ ...files, "vitest.config.ts": config })) {
      await writeFile(join(scratch, name), text);
    }
    const output = await new Promise<string>((resolve) => {
      const program = join(root, "node_modules/vitest/vitest.mjs");
      execFile(process.execPath, [program, "run"], { cwd: scratch }, (_, stdout) => resolve(stdout));
    });
    return output.trimEnd().split("\n").toReversed();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
