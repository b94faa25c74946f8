import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { makeDataDir } from "../support/data-dir.ts";
import { inOneProcess, serve } from "../support/start-bellwire.ts";
import { test } from "../support/test.ts";

const dayMs = 86_400_000;
const token = "a-token-that-the-test-knows";
const authorization = `Bearer ${token}`;
const preload = fileURLToPath(new URL("../support/wrong-clock.ts", import.meta.url));

test.each([60, -60])(
  "a process whose clock is off by %i days records events at the database's time, and reports the clock difference",
  { timeout: 120_000 },
  async (days) => {
    await using folder = await makeDataDir();
    await using bellwire = serve(folder.path, {
      ...inOneProcess,
      BELLWIRE_ACCESS_TOKEN: token,
      NODE_OPTIONS: `--import ${preload}`,
      WRONG_CLOCK_MS: String(days * dayMs),
    });
    const url = await bellwire.ready();
    const signUp = await fetch(`${url}/admin/api/signup.json`, {
      method: "POST",
      headers: { authorization },
      body: new URLSearchParams({ org_name: "Harbour", username: "harbour", email: "harbour@example.com" }),
    });
    expect(signUp.status).toBe(201);
    const events = await fetch(`${url}/api/v1/events`, { headers: { authorization } });
    const text = await events.text();
    const idsMs = [...text.matchAll(/"id":"([0-9a-f]{8})-([0-9a-f]{4})/g)].map(([, a, b]) =>
      Number.parseInt(`${a}${b}`, 16),
    );
    const timesMs = [...text.matchAll(/"occurred_at":"([^"]+)"/g)].map(([, at = ""]) => Date.parse(at));
    expect(idsMs.length).toBeGreaterThan(0);
    expect(timesMs).toHaveLength(idsMs.length);
    for (const ms of [...idsMs, ...timesMs]) expect(Math.abs(ms - Date.now())).toBeLessThan(60_000);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    const [, seconds, how] = /clock is (\d+) s (ahead of|behind) the database's/.exec(await ready.text()) ?? [];
    expect(Math.abs(Number(seconds) - Math.abs(days) * 86_400)).toBeLessThan(60);
    expect(how).toBe(days > 0 ? "ahead of" : "behind");
    expect(bellwire.stderr).toContain("this machine's clock differs from the database's");
  },
);
