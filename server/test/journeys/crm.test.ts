import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { runBellwire } from "../support/run-bellwire.ts";
import { test } from "../support/test-of-starts.ts";
import { until } from "../support/until.ts";

const crmFolder = fileURLToPath(new URL("../../../examples/crm/", import.meta.url));

test(
  "the CRM converges to the state of the account, despite repeated, late and forged requests",
  { timeout: 240_000 },
  async ({ databaseUrl }) => {
    await using folder = await makeEmptyDataDir();
    await using bellwire = await runBellwire(databaseUrl);
    const api = createClient(bellwire.url, bellwire.signIn.accessToken);
    const { data: endpoints } = await api("GET", "/api/v1/endpoints");
    const { secret } = await api("GET", `/api/v1/endpoints/${endpoints[0].id}/secret`);

    const database = join(folder.path, "crm.db");
    await using crm = await startCrm({ secret, database });
    await api("PUT", "/admin/api/webhooks.json", { url: `${crm.url}/webhooks`, active: true, provider_actions: true });

    const { account } = await api("POST", "/admin/api/signup.json", {
      org_name: "Harbour",
      username: "mira",
      email: "mira@harbour.example",
      password: "correct-horse-12",
    });
    await api("PUT", `/admin/api/accounts/${account.id}.json`, { org_name: "Harbour & Sons" });

    const mira = {
      name: "mira",
      email: "mira@harbour.example",
      role: "admin",
      company: "Harbour & Sons",
      state: "approved",
      plan: "Default",
      applications: "API signup (Basic, live)",
      deleted_at: null,
    };
    await until(() => contactIn(database)?.company === "Harbour & Sons" && contactIn(database)?.applications);
    expect(contactIn(database)).toEqual(mira);

    const { data: events } = await api("GET", "/api/v1/events?type=account.created");
    const created = { id: events[0].id, sequence: 1, secret, orgName: "Harbour", accountId: account.id };
    expect(await postForged(crm.url, created)).toEqual({ status: 200, text: "repeated" });
    expect(await postForged(crm.url, { ...created, id: "another" })).toEqual({ status: 200, text: "outdated" });
    expect(await postForged(crm.url, { ...created, id: "a third", sequence: 99, secret: "whsec_AAAA" })).toEqual({
      status: 401,
      text: "signature-wrong",
    });
    expect(contactIn(database)).toEqual(mira);

    await api("DELETE", `/admin/api/accounts/${account.id}.json`);
    await until(() => contactIn(database)?.deleted_at && contactIn(database)?.applications === null);
    expect(contactIn(database)).toMatchObject({ ...mira, applications: null, deleted_at: expect.any(String) });
    expect(await postForged(crm.url, { ...created, id: "a fourth", sequence: 2 })).toMatchObject({ text: "outdated" });
    expect(contactIn(database)?.deleted_at).toEqual(expect.any(String));
  },
);

interface Crm extends AsyncDisposable {
  readonly url: string;
}

/** Starts the example as documented, but on a free port. */
async function startCrm({ secret, database }: { secret: string; database: string }): Promise<Crm> {
  const child = spawn(process.execPath, ["--conditions=bellwire-source", "src/main.ts"], {
    cwd: crmFolder,
    env: { PATH: process.env["PATH"], PORT: "0", WEBHOOK_SECRET: secret, DATABASE: database },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [, url = ""] = await until(() => /^crm ready (\S+)$/m.exec(output));
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      expect(await exited).toBe(0);
    },
  };
}

const createClient =
  (url: string, accessToken: string) =>
  async (method: string, path: string, body?: Readonly<Record<string, unknown>>) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${accessToken}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} responded ${response.status}: ${text}`);
    return JSON.parse(text || "null");
  };

interface Contact {
  readonly [column: string]: unknown;
}

function contactIn(file: string): Contact | undefined {
  using database = new DatabaseSync(file, { readOnly: true });
  const statement = "select name, email, role, company, state, plan, applications, deleted_at from contacts";
  const [row, ...more] = database.prepare(statement).all();
  expect(more).toEqual([]);
  return row && { ...row };
}

interface ForgedRequest {
  readonly id: string;
  readonly sequence: number;
  readonly secret: string;
  readonly accountId: number;
  readonly orgName: string;
}

/** Sends a request that was recorded, delayed or forged. */
async function postForged(url: string, { id, sequence, secret, accountId, orgName }: ForgedRequest) {
  const account = `<account><id>${accountId}</id><org_name>${orgName}</org_name></account>`;
  const body = `<event><action>created</action><type>account</type><object>${account}</object></event>`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const response = await fetch(`${url}/webhooks`, {
    method: "POST",
    body,
    headers: {
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${hmac}`,
      "bellwire-attempt": "1",
      "bellwire-event-type": "account.created",
      "bellwire-event-time": new Date().toISOString(),
      "bellwire-sequence": String(sequence),
      "bellwire-actor": "provider",
      "bellwire-channel": "api",
    },
  });
  return { status: response.status, text: (await response.text()).trim() };
}
