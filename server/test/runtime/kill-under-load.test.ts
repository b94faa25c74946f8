import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startReceiver, type ReceivedRequest } from "../support/receiver.ts";
import { makeDataDir, startBellwire, type Bellwire } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

test(
  "whatever is killed at once under load, every acknowledged sign-up is heard of",
  { timeout: 240_000 },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver();
    const first = await startBellwire({ dataDir: folder.path });
    const { accessToken } = await first.signIn();
    await setWebhook(first, accessToken, receiver.url);

    const acknowledged: number[] = [];
    const load = Array.from({ length: 8 }, (_, worker) => signUpUntilItFails(first, accessToken, worker, acknowledged));
    await until(() => acknowledged.length > 60, { withinMs: 60_000 });
    await Promise.all([killPostgres(folder.path), first.kill()]);
    await Promise.all(load);

    await using again = await startBellwire({ dataDir: folder.path });
    const pending = async () => (await ask(again, accessToken, "/api/v1/deliveries?state=pending")).data;
    await until(async () => (await pending()).length === 0, { withinMs: 60_000, everyMs: 250 });
    const heard = new Set(receiver.received.flatMap(createdAccount));
    expect(acknowledged.filter((id) => !heard.has(id))).toEqual([]);
    const byId = Map.groupBy(receiver.received, (request) => request.headers["webhook-id"]);
    expect([...byId.values()].every((requests) => new Set(requests.map(({ body }) => body)).size === 1)).toBe(true);
  },
);

async function setWebhook(bellwire: Bellwire, token: string, url: string): Promise<void> {
  const body = JSON.stringify({
    url,
    active: true,
    provider_actions: true,
    account_created_on: true,
    user_created_on: true,
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${bellwire.url}/admin/api/webhooks.json`, { method: "PUT", headers, body });
  expect(answer.status, await answer.text()).toBe(200);
}

/** Signs accounts up, one after another, and remembers those that were acknowledged. */
async function signUpUntilItFails(
  bellwire: Bellwire,
  token: string,
  worker: number,
  acknowledged: number[],
): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    const name = `worker${worker}-${turn}`;
    const form = new URLSearchParams({ org_name: name, username: name, email: `${name}@example.com` });
    try {
      const answer = await fetch(`${bellwire.url}/admin/api/signup.json?access_token=${token}`, {
        method: "POST",
        body: form,
      });
      if (answer.status !== 201) return;
      const { account }: { account: { id: number } } = JSON.parse(await answer.text());
      acknowledged.push(account.id);
    } catch {
      return; // it is dead, as it should be
    }
  }
}

/** The postmaster and all of its processes, at once. */
async function killPostgres(dataDir: string): Promise<void> {
  const [postmaster = ""] = (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", postmaster], { encoding: "utf8" }).match(/\d+/g) ?? [];
  for (const pid of [postmaster, ...children]) killIfThere(Number(pid));
}

/** A process of the server may end by itself between being listed and being killed. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function ask(bellwire: Bellwire, token: string, path: string): Promise<{ data: unknown[] }> {
  const answer = await fetch(`${bellwire.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return JSON.parse(await answer.text());
}

function createdAccount({ headers, body }: ReceivedRequest): number[] {
  const id = /<account><id>(\d+)<\/id>/.exec(body)?.[1];
  return headers["bellwire-event-type"] === "account.created" && id !== undefined ? [Number(id)] : [];
}
