import { expect } from "vitest";
import { type BellwireApi, sendRequest, itemsAt, valueAt } from "../chaos/api-client.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const token = "t".repeat(40);

/**
 * Settings of a process on a given database, with a receiver on this machine.
 *
 * @param directUrl leads to the database without the pooler of `databaseUrl`
 */
export const settingsFor = (databaseUrl: string, directUrl?: string): Readonly<Record<string, string>> => ({
  DATABASE_URL: databaseUrl,
  ...(directUrl !== undefined && { BELLWIRE_DATABASE_DIRECT_URL: directUrl }),
  BELLWIRE_SECRET_KEY: Buffer.alloc(32, 5).toString("base64"),
  BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
  BELLWIRE_ACCESS_TOKEN: token,
  BELLWIRE_PROVIDER_KEY: "k".repeat(32),
  BELLWIRE_ADMIN_PASSWORD: "correct horse battery",
  BELLWIRE_LOG_LEVEL: "warn",
});

/** Returns the client of a process with the settings above. */
export const apiAt = (url: string): BellwireApi => ({ url, token });

/** Subscribes the receiver to all events of new accounts. */
async function subscribe(api: BellwireApi, receiver: Receiver): Promise<void> {
  const settings = { url: receiver.url, active: true, provider_actions: true, account_created_on: true };
  expect(await sendRequest(api, "PUT", "/admin/api/webhooks.json", settings)).toMatchObject({ status: 200 });
}

export const signUp = (api: BellwireApi, name: string) =>
  sendRequest(api, "POST", "/admin/api/signup.json", { org_name: name, username: name, email: `${name}@example.com` });

/** Lists whose statements differ most: by time, by state, counted, grouped, searched. */
const lists = [
  "/api/v1/deliveries?state=delivered",
  "/api/v1/events?order=oldest",
  "/api/v1/attempts?status=2xx",
  "/api/v1/failures",
  "/api/v1/endpoints/health",
  "/api/v1/stats?metrics=attempts&group_by=outcome",
  "/api/v1/search?q=harbour",
  "/admin/api/accounts.json",
];

/** Starts Bellwire and follows sign-ups from the request to the receiver, to the lists and through a restart. */
export async function verifyDelivery(environment: Readonly<Record<string, string>>): Promise<void> {
  await using receiver = await startReceiver();
  for (const [index, name] of ["harbour", "lighthouse"].entries()) {
    await using bellwire = new BellwireProcess(["serve"], environment);
    const api = apiAt(await bellwire.ready());
    if (index === 0) await subscribe(api, receiver);
    expect(await signUp(api, name)).toMatchObject({ status: 201 });
    await until(() => receiver.received.length === index + 1);
    expect(receiver.received[index]?.body).toContain(`<org_name>${name}</org_name>`);
    await until(async () => itemsAt((await sendRequest(api, "GET", lists[0] ?? "")).body, "data").length === index + 1);
    for (const path of lists) expect([path, (await sendRequest(api, "GET", path)).status]).toEqual([path, 200]);
    expect(valueAt((await sendRequest(api, "GET", "/readyz")).body, "status")).toBe("ok");
    expect(await bellwire.stop()).toBe(0);
    const errors = bellwire.stderr.split("\n").filter((line) => /"level":[456]0/.test(line));
    expect(errors).toEqual([]);
  }
}
