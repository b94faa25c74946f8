import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bellwire = fileURLToPath(new URL("../../bin/bellwire", import.meta.url));

test("a command whose output pipe closes early exits with 0 and prints no error", () => {
  // The pipe is closed before anything is written to it.
  const script = '"$0" "$1" config | true; echo "${PIPESTATUS[0]}"';
  for (let time = 0; time < 3; time += 1) {
    const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, bellwire], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["0\n", ""]);
  }
});
