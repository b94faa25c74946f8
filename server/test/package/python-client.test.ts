import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";

const timeout = 120_000;
const program = fileURLToPath(new URL("python_client.py", import.meta.url));

const isInstalled = spawnSync("python3", ["-c", "import threescale_api"], { stdio: "ignore" }).status === 0;

test("3scale's Python client works unchanged with every resource that Bellwire has", { timeout }, async (context) => {
  if (!isInstalled) return context.skip("3scale-api is not installed");
  await using dataDir = await makeEmptyDataDir();
  await using bellwire = await startBellwire({ dataDir: dataDir.path });
  const { accessToken } = await readSignIn(dataDir.path);
  const client = spawn("python3", [program, new URL(bellwire.url).origin, accessToken], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  const [errors, [code]] = await Promise.all([text(client.stderr), once(client, "close")]);
  expect([code, errors.slice(-2000)]).toEqual([0, expect.anything()]);
});
