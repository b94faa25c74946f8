import { expect, test } from "vitest";
import { claimPort } from "../../src/app/addresses.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { serve } from "../support/start-bellwire.ts";

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
