import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { type ProcessMark, formatProcessMark, hasProcessEnded, readOwnProcessMark } from "./process-mark.ts";

/** Returns this process's mark. Only Linux has one; elsewhere the tests are skipped. */
async function ownMark(): Promise<ProcessMark | undefined> {
  const own = await readOwnProcessMark();
  if (process.platform === "linux") expect(own).toBeDefined();
  return own;
}

test("a running process has not ended, and a killed one has", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux reports when a process began");
  expect(await hasProcessEnded(formatProcessMark(own), own)).toBe(false);

  const other = spawn("sleep", ["100"]);
  onTestFinished(() => void other.kill());
  const pid = other.pid ?? 0;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const mark = formatProcessMark({
    ...own,
    pid,
    startedAt: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "",
  });
  expect(await hasProcessEnded(mark, own)).toBe(false);
  const ended = once(other, "exit");
  other.kill("SIGKILL");
  await ended;
  expect(await hasProcessEnded(mark, own)).toBe(true);
});

test("a process whose id was reused by another has ended", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux reports when a process began");
  expect(await hasProcessEnded(formatProcessMark({ ...own, startedAt: "1" }), own)).toBe(true);
});

test("a process of another machine, boot or container does not count as ended", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux reports when a process began");
  const elsewhere = formatProcessMark({
    ...own,
    host: own.host.replace(/^\w/, (digit) => (digit === "0" ? "1" : "0")),
  });
  expect(await hasProcessEnded(elsewhere.replace(/ \d+ \d+$/, " 999999999 1"), own)).toBe(false);
  expect(await hasProcessEnded("", own)).toBe(false);
});
