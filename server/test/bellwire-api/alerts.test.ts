import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

/** Inserts an alert that the admins know of. Returns its path. */
async function buildAlert(
  pool: Pool,
  { provider }: BellwireApi,
  state: "open" | "clearing" | "closed",
): Promise<string> {
  const endpointId = await buildEndpoint(pool, {
    providerId: provider.id,
    url: "https://crm.example/hook",
    name: state,
  });
  const [alert] = await pool.query<{ id: number }>(
    `insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, closed_at, notified_at, sentence)
     values ($1, $2, 'exhausted', $3, now(), now(), case when $3 = 'closed' then now() end, now(), 'A delivery has failed.')
     returning id`,
    [provider.id, endpointId, state],
  );
  return `/alerts/${alert?.id}`;
}

test.for(["open", "clearing"] as const)(
  "an alert that is %s can be muted, snoozed and unmuted, and says who muted it",
  async (state, { api, sharedPool }) => {
    const path = await buildAlert(sharedPool, api, state);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const steps = [
      ["mute", {}, [true, null, "admin"]],
      ["mute", { until }, [true, until, "admin"]],
      ["mute", { until: null }, [true, null, "admin"]],
      ["unmute", {}, [false, null, null]],
    ] as const;
    for (const [step, payload, expected] of steps) {
      const changed = await api.call("POST", `${path}/${step}`, { payload });
      const read = (await api.call("GET", path)).json();
      expect([changed.statusCode, changed.json()]).toEqual([200, read]);
      expect([read.muted, read.muted_until, read.muted_by]).toEqual(expected);
    }
  },
);

test("a closed alert is not muted, and none until a time in the past", async ({ api, sharedPool, clock }) => {
  const [closed, open] = [await buildAlert(sharedPool, api, "closed"), await buildAlert(sharedPool, api, "open")];
  for (const step of ["mute", "unmute"]) {
    expect((await api.call("POST", `${closed}/${step}`, { payload: {} })).statusCode).toBe(404);
  }
  const past = await api.call("POST", `${open}/mute`, { payload: { until: clock.now().toISOString() } });
  expect([past.statusCode, past.json().errors]).toEqual([422, { until: ["must be in the future"] }]);
  for (const path of [closed, open]) expect((await api.call("GET", path)).json()).toMatchObject({ muted: false });
});

test("the audit record of a changed rule has all of its settings", async ({ api }) => {
  const [{ id }] = (await api.call("GET", "/alert-rules")).json().data;
  const changed = (await api.call("PATCH", `/alert-rules/${id}`, { payload: { min_attempts: 77 } })).json();
  const { id: _, created_at: _created, updated_at: _updated, ...settings } = changed;
  const [record] = (await api.call("GET", `/audit_records?subject=alert_rule/${id}`)).json().data;
  expect(record).toMatchObject({ action: "alert_rule.changed", detail: settings });
});

test("a rule that exists, makes no sense or is gone is refused, and stays as it is", async ({ api }) => {
  const rules = async (): Promise<readonly { readonly id: number; readonly kind: string }[]> =>
    (await api.call("GET", "/alert-rules")).json().data;
  const before = await rules();
  const rule = before.find(({ kind }) => kind === "success_rate");
  const path = `/alert-rules/${rule?.id}`;
  const exhausted = `/alert-rules/${before.find(({ kind }) => kind === "exhausted")?.id}`;
  const refused = [
    ["POST", "/alert-rules", { kind: "exhausted" }, { kind: [expect.stringContaining("already has a rule")] }],
    ["PATCH", path, { threshold: null }, { threshold: ["is required for this kind"] }],
    ["PATCH", exhausted, { threshold: 1 }, { threshold: ["must be null for this kind"] }],
    ["PATCH", path, { threshold: 0.95 }, { clear_threshold: ["must not be lower than the threshold"] }],
  ] as const;
  for (const [method, url, payload, errors] of refused) {
    const answer = await api.call(method, url, { payload });
    expect([answer.statusCode, answer.json().errors]).toEqual([422, errors]);
  }
  for (const method of ["GET", "PATCH", "DELETE"] as const) {
    expect((await api.call(method, "/alert-rules/999999999")).statusCode).toBe(404);
  }
  expect(await rules()).toEqual(before);
  const changed = (await api.call("PATCH", path, { payload: { by_mail: false } })).json();
  expect(changed).toEqual({ ...rule, by_mail: false, updated_at: changed.updated_at });
});
