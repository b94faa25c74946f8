import { expect } from "vitest";
import { createProviderUser, createSession } from "#access/index.ts";
import { type ProviderApi, test } from "./api-test.ts";

const path = "/personal/notification_preferences.json";

/** By 3scale's names: whether a user gets the notification who has not changed it. */
const defaults = {
  account_created: false,
  account_deleted: false,
  account_plan_change_requested: true,
  application_created: false,
  application_plan_change_requested: true,
  cinstance_cancellation: false,
  cinstance_expired_trial: false,
  cinstance_plan_changed: false,
  credit_card_unstore_failed: true,
  csv_data_export: true,
  daily_report: false,
  expired_credit_card_provider: true,
  invoices_to_review: true,
  limit_alert_reached_provider: true,
  limit_violation_reached_provider: true,
  message_received: true,
  plan_downgraded: false,
  post_created: false,
  service_contract_cancellation: false,
  service_contract_created: false,
  service_contract_plan_changed: false,
  service_deleted: false,
  service_plan_change_requested: true,
  unsuccessfully_charged_invoice_final_provider: true,
  unsuccessfully_charged_invoice_provider: false,
  weekly_report: false,
};

const read = async (api: ProviderApi): Promise<unknown> =>
  (await api.send("GET", path)).json().notification_preferences;

const storedOf = async (api: ProviderApi): Promise<readonly object[]> =>
  api.pool.query("select notifications from provider_users where provider_id = $1 order by id", [api.provider.id]);

test("a user who has changed nothing has 3scale's preferences, in alphabetical order", async ({ api }) => {
  const { statusCode, body } = await api.send("GET", path);
  expect([statusCode, body]).toEqual([200, JSON.stringify({ notification_preferences: defaults })]);
});

test("a change returns all preferences, keeps the others, and stores only what differs from the default", async ({
  api,
}) => {
  const update = async (payload: object): Promise<unknown> => {
    const { statusCode, body } = await api.send("PATCH", path, { payload });
    return [statusCode, body];
  };
  const answer = (changed: object) => [200, JSON.stringify({ notification_preferences: { ...defaults, ...changed } })];
  const first = { account_created: true, message_received: false };
  expect(await update(first)).toEqual(answer(first));
  const second = { account_created: false, weekly_report: "true" };
  expect(await update({ notification_preferences: second })).toEqual(
    answer({ message_received: false, weekly_report: true }),
  );
  expect(await storedOf(api)).toEqual([{ notifications: { message_received: false, weekly_report: true } }]);
  expect(await read(api)).toEqual({ ...defaults, message_received: false, weekly_report: true });
});

test("PUT changes preferences as PATCH does, for clients of earlier releases of 3scale", async ({ api }) => {
  const { statusCode, body } = await api.send("PUT", path, { payload: { account_created: true } });
  const changed = { ...defaults, account_created: true };
  expect([statusCode, body]).toEqual([200, JSON.stringify({ notification_preferences: changed })]);
});

test("unknown names are ignored, also alone", async ({ api }) => {
  const payload = { sunrise: true, constructor: "x" };
  const { statusCode, body } = await api.send("PATCH", path, { payload });
  expect([statusCode, body]).toEqual([200, JSON.stringify({ notification_preferences: defaults })]);
  expect(await storedOf(api)).toEqual([{ notifications: {} }]);
});

test.for(["some-value", "", "1", "TRUE", 1, null])(
  "the value %j is refused in 3scale's words",
  async (wrong, { api }) => {
    const payload = { account_created: wrong, account_deleted: true };
    const { statusCode, body } = await api.send("PATCH", path, { payload });
    const errors = { preferences: ["invalid value for 'account_created', must be either true or false"] };
    expect([statusCode, body]).toEqual([422, JSON.stringify({ errors })]);
    expect(await read(api)).toEqual(defaults);
  },
);

test("two changes at once of different preferences both last", async ({ api }) => {
  const names = ["account_created", "account_deleted", "application_created", "service_deleted"];
  const change = (name: string) => api.send("PATCH", path, { payload: { [name]: true } });
  await Promise.all(names.map(change));
  expect(await read(api)).toMatchObject(Object.fromEntries(names.map((name) => [name, true])));
});

test("each user has preferences of their own, a member without any section, too", async ({ api, clock }) => {
  const providerId = api.provider.id;
  const { cookieValue, csrfToken } = await api.pool.inTransaction(async (tx) => {
    const member = { providerId, username: "ada", passwordHash: "none", role: "member" } as const;
    const { id: userId } = await createProviderUser(tx, member);
    return createSession(tx, { providerId, audience: "admin", userId, now: clock.now() });
  });
  const headers = { cookie: `bellwire_admin=${cookieValue}`, "x-csrf-token": csrfToken };
  const request = { headers, url: `/admin/api${path}` };
  const payload = { service_deleted: true };
  expect((await api.sendWithoutToken({ ...request, method: "PATCH", payload })).statusCode).toBe(200);
  const { notification_preferences } = (await api.sendWithoutToken(request)).json();
  expect(notification_preferences).toEqual({ ...defaults, ...payload });
  expect(await read(api)).toEqual(defaults);
});

test("a change is in the audit log with its values, and a change of nothing is not", async ({ api }) => {
  await api.send("PATCH", path, { payload: { sunrise: true } });
  await api.send("PATCH", path, { payload: { account_created: true } });
  const records = await api.pool.query(
    "select action, subject, detail, actor_kind as actor from audit_records where provider_id = $1 and action like 'notif%'",
    [api.provider.id],
  );
  const subject = expect.stringMatching(/^provider-user\/\d+$/);
  const detail = { account_created: true };
  expect(records).toEqual([{ action: "notifications.changed", subject, detail, actor: "token" }]);
});

test("a change through the API is mailed with links to the Admin Portal", async ({ api }) => {
  const providerId = api.provider.id;
  await api.pool.query("update provider_users set email = 'ada@acme.example' where provider_id = $1", [providerId]);
  await api.send("PATCH", path, { payload: { account_created: true, account_deleted: true } });
  const signUp = { payload: { org_name: "Quay", username: "quay" } };
  const { id } = (await api.send("POST", "/signup.json", signUp)).json().account;
  await api.send("DELETE", `/accounts/${id}.json`);
  const mails = await api.pool.query<{ text: string }>(
    "select text from mails where provider_id = $1 and recipient = 'ada@acme.example' order by id",
    [providerId],
  );
  const pages = mails.map(({ text }) => /\n(https:.*)\n/.exec(text)?.[1]);
  expect(pages).toEqual([`https://${api.host}/p/admin/accounts/${id}`, `https://${api.host}/p/admin/accounts`]);
});

test("the provider key has no preferences", async ({ api }) => {
  const headers = { authorization: `Bearer ${api.key}` };
  for (const method of ["GET", "PATCH"] as const) {
    const { statusCode, body } = await api.send(method, path, { headers, ...(method === "PATCH" && { payload: {} }) });
    expect([method, statusCode, body]).toEqual([method, 403, '{"error":"Access denied"}']);
  }
});

test("preferences are served in JSON only, and by no other method", async ({ api }) => {
  expect((await api.send("GET", path.replace("json", "xml"))).statusCode).toBe(406);
  for (const method of ["POST", "DELETE"] as const)
    expect([method, (await api.send(method, path)).statusCode]).toEqual([method, 404]);
});
