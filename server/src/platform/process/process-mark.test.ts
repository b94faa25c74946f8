import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { hasEnded, readOwnMark, writeMark, type ProcessMark } from "./process-mark.ts";

/** This process's mark; elsewhere than on Linux there is none, and so nothing to test. */
async function ownMark(): Promise<ProcessMark | undefined> {
  const own = await readOwnMark();
  if (process.platform === "linux") expect(own).toBeDefined();
  return own;
}

test("a process that lives has not ended, and one that was killed has", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux tells when a process began");
  expect(await hasEnded(writeMark(own), own)).toBe(false);

  const other = spawn("sleep", ["100"]);
  onTestFinished(() => void other.kill());
  const pid = other.pid ?? 0;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const mark = writeMark({ ...own, pid, startedAt: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "" });
  expect(await hasEnded(mark, own)).toBe(false);
  const ended = once(other, "exit");
  other.kill("SIGKILL");
  await ended;
  expect(await hasEnded(mark, own)).toBe(true);
});

test("a process whose number another one has now has ended", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux tells when a process began");
  expect(await hasEnded(writeMark({ ...own, startedAt: "1" }), own)).toBe(true);
});

test("nothing is said of a process of another machine, boot or container", async (context) => {
  const own = await ownMark();
  if (!own) return context.skip("only Linux tells when a process began");
  const elsewhere = writeMark({ ...own, host: own.host.replace(/^\w/, (digit) => (digit === "0" ? "1" : "0")) });
  expect(await hasEnded(elsewhere.replace(/ \d+ \d+$/, " 999999999 1"), own)).toBe(false);
  expect(await hasEnded("", own)).toBe(false);
});
