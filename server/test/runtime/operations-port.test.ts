import { expect, test } from "vitest";
import { claimPort } from "../../src/app/listening.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { inOneProcess, serve } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

test(
  "a separate engine serves readiness and metrics on the operations port, and requires a free one",
  { timeout: 120_000 },
  async () => {
    const port = await claimPort("127.0.0.1", 0);
    const operations = { BELLWIRE_OPERATIONS_PORT: String(port) };
    await using folder = await makeDataDir();
    await using otherFolder = await makeDataDir();
    await using engine = serve(folder.path, operations, "--role", "engine");
    await engine.ready();
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("bellwire_lanes_owned 0");

    await using second = serve(otherFolder.path, operations, "--role", "engine");
    expect(await second.ended).toBe(1);
    expect(second.stderr).toContain("set BELLWIRE_OPERATIONS_PORT to another one");
    expect(await engine.stop()).toBe(0);
  },
);

test(
  "a process that is ready on the operations port accepts requests on the other one",
  { timeout: 120_000 },
  async () => {
    const [port, operationsPort] = [await claimPort("127.0.0.1", 0), await claimPort("127.0.0.1", 0)];
    await using folder = await makeDataDir();
    const ports = { PORT: String(port), BELLWIRE_OPERATIONS_PORT: String(operationsPort) };
    await using web = serve(folder.path, { ...inOneProcess, ...ports });
    await until(() => isReady(operationsPort), { withinMs: 60_000 });
    expect(await isReady(port)).toBe(true);
    expect(await web.stop()).toBe(0);
  },
);

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
