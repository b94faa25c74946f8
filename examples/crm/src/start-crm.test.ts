import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test as base, expect } from "vitest";
import { readSettings } from "./read-settings.ts";
import { startCrm } from "./start-crm.ts";

const secret = "whsec_BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF";

const test = base
  .extend("file", ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), "bellwire-crm-"));
    onCleanup(() => rmSync(folder, { recursive: true }));
    return join(folder, "crm.db");
  })
  .extend("crm", async ({ file }, { onCleanup }) => {
    const crm = await startCrm({ port: 0, secrets: [secret], database: file });
    onCleanup(() => crm[Symbol.asyncDispose]());
    return crm;
  });

const event = (object: string, action = "created"): string => {
  const type = /^<(\w+)/.exec(object)?.[1];
  return `<event><action>${action}</action><type>${type}</type><object>${object}</object></event>`;
};

const mira = event(
  "<user><id>21</id><account_id>31</account_id><role>admin</role><username>mira</username><email>mira@harbour.example</email></user>",
);

function signed(id: string, sequence: number, body: string, more: Record<string, string> = {}): RequestInit {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", Buffer.alloc(24, 5)).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${hmac}`,
    "bellwire-attempt": "1",
    "bellwire-event-type": "user.created",
    "bellwire-event-time": "2026-03-01T09:00:00.000Z",
    "bellwire-sequence": String(sequence),
    "bellwire-actor": "developer:21",
    "bellwire-channel": "developer_portal",
    ...more,
  };
  return { method: "POST", headers, body };
}

test("a contact is on the page as soon as its webhook gets 200", async ({ crm }) => {
  expect(await (await fetch(crm.url)).text()).toContain("No contacts yet");

  const answer = await fetch(`${crm.url}/webhooks`, signed("1", 2, mira));

  expect([answer.status, await answer.text()]).toEqual([200, "applied\n"]);
  expect(await (await fetch(crm.url)).text()).toContain("mira@harbour.example");
});

test("a webhook that got 200 is stored in the file", async ({ crm, file }) => {
  await fetch(`${crm.url}/webhooks`, signed("1", 2, mira));

  using database = new DatabaseSync(file, { readOnly: true });
  expect({ ...database.prepare("select name, email from contacts").get() }).toEqual({
    name: "mira",
    email: "mira@harbour.example",
  });
});

test("markup in a name is escaped", async ({ crm }) => {
  const name = "<username>&lt;script&gt;alert(1)&lt;/script&gt;</username>";
  await fetch(`${crm.url}/webhooks`, signed("1", 2, mira.replace("<username>mira</username>", name)));

  const page = await (await fetch(crm.url)).text();

  expect(page).toContain("&lt;script>alert(1)");
  expect(page).not.toContain("<script");
});

test.for([
  ["an unsigned webhook", 401, { method: "POST", body: mira }],
  ["a modified webhook", 401, { ...signed("1", 2, mira), body: `${mira} ` }],
  ["an invalid event", 422, signed("1", 2, "<event/>")],
  ["a webhook without the headers of an event", 422, signed("1", 2, mira, { "bellwire-attempt": "" })],
  ["an oversized webhook", 413, { method: "POST", body: " ".repeat(10 * 1024 * 1024 + 1) }],
  ["a webhook that cannot be stored", 500, signed("1", 2, mira.replace("<id>21</id>", ""))],
] as const)("%s gets %i and changes nothing", async ([, status, request], { crm }) => {
  expect((await fetch(`${crm.url}/webhooks`, request)).status).toBe(status);
  const page = await (await fetch(crm.url)).text();
  expect(page).toContain("No contacts yet");
  expect(page).toContain("No webhooks yet");
});

test("a sample gets 200 and creates no contact", async ({ crm }) => {
  const answer = await fetch(`${crm.url}/webhooks`, signed("1", 2, mira, { "bellwire-test": "true" }));
  expect(answer.status).toBe(200);
  expect(await (await fetch(crm.url)).text()).toContain("No contacts yet");
});

test("other methods and paths get 404", async ({ crm }) => {
  expect((await fetch(`${crm.url}/webhooks`)).status).toBe(404);
  expect((await fetch(crm.url, { method: "POST" })).status).toBe(404);
});

test("a start without a valid secret reports all problems", () => {
  const newer = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
  for (const unusable of [undefined, "", ",", "whsec_", "whsec_b2xk", `${secret},`, "secret"])
    expect(() => readSettings({ PORT: "many", WEBHOOK_SECRET: unusable })).toThrow(
      /PORT must be .*\n- WEBHOOK_SECRET must be /,
    );
  expect(readSettings({ WEBHOOK_SECRET: `${secret},${newer}` })).toEqual({
    port: 4000,
    secrets: [secret, newer],
    database: "crm.db",
  });
});
