import { expect } from "vitest";
import { daysAfter } from "#platform/times.ts";
import { signUpAccount } from "#portal/accounts/index.ts";
import { createSpecification, listSpecifications } from "#portal/products/index.ts";
import { createAuthenticationProvider, listAuthenticationProviders } from "#portal/single-sign-on/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";
import { encryption } from "../support/build-webhooks.ts";
import { passwords } from "../support/passwords.ts";

async function signUp({ pool, provider }: BellwireApi, now: Date) {
  const values = {
    org_name: "Harbour",
    username: "mira",
    email: "mira@harbour.example",
    password: "correct-horse-12",
    password_confirmation: "correct-horse-12",
  };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, requestedPlans: [], by, now });
  if (!("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  const [application] = signedUp.applications;
  return { account: signedUp.details.account, applicationId: application?.id ?? 0, userKey: application?.userKey };
}

test("only pending applications can be rejected, and only existing keys replaced", async ({ api, clock }) => {
  const { applicationId } = await signUp(api, clock.now());
  const reject = await api.call("POST", `/applications/${applicationId}/reject`, { payload: { reason: "No." } });
  expect(reject.statusCode).toBe(422);
  const regenerate = `/applications/${applicationId}/regenerate_key`;
  expect((await api.call("POST", regenerate, { payload: { key: "none" } })).statusCode).toBe(404);
});

test("mails are found by words, state, account and time, in pages, and only the caller's own", async ({
  api,
  otherApi,
}) => {
  const insert = (owner: BellwireApi, [recipient, subject, account, sent, age]: readonly unknown[]) =>
    owner.pool.query(
      `insert into mails (provider_id, recipient, subject, text, account_id, created_at, sent_at)
       select $1, $2, $3, 'About mira', $4, at, case when $5 then at end
       from (select now() - make_interval(days => $6) as at) as time`,
      [owner.provider.id, recipient, subject, account, sent, age],
    );
  const mails = [
    ["Mira@Harbour.example", "Activate your account", 31, true, 9],
    ["nora_1@harbour.example", "Activate your account", 32, false, 5],
    ["norax1@harbour.example", "A new password", 31, false, 0],
  ];
  for (const mail of mails) await insert(api, mail);
  await insert(otherApi, ["mira@harbour.example", "Activate your account", 31, true, 1]);
  const [mira, nora, norax] = mails.map(([recipient]) => recipient);
  // The state of a mail depends on the database's time.
  const daysAgo = (days: number): string => daysAfter(new Date(), -days).toISOString();
  const find = async (query: string): Promise<string[]> => {
    const { data } = (await api.call("GET", `/mails?${query}`)).json();
    return data.map(({ recipient }: { recipient: string }) => recipient);
  };

  expect(await find("")).toEqual([norax, nora, mira]);
  expect(await find("q=mira")).toEqual([mira]);
  expect(await find("q=ACTIVATE%20harbour")).toEqual([nora, mira]);
  expect(await find("q=nora_")).toEqual([nora]);
  expect(await find("state=sent")).toEqual([mira]);
  expect(await find("state=failed&state=waiting")).toEqual([norax, nora]);
  expect(await find("account_id=31")).toEqual([norax, mira]);
  expect(await find("account_id=31&q=password")).toEqual([norax]);
  expect(await find(`since=${daysAgo(6)}&until=${daysAgo(1)}`)).toEqual([nora]);
  const first = (await api.call("GET", "/mails?account_id=31&limit=1")).json();
  expect(await find(`account_id=31&limit=1&after=${first.next}`)).toEqual([mira]);
  for (const [query, field] of [
    ["q=%20", "q"],
    ["state=held", "state"],
    ["account_id=0", "account_id"],
    ["until=tomorrow", "until"],
  ] as const) {
    const refused = await api.call("GET", `/mails?${query}`);
    expect([query, refused.statusCode, Object.keys(refused.json().errors)]).toEqual([query, 422, [field]]);
  }
});

test("an authentication provider is deleted once, by its owner, unless sign-ins need it, with an audit record", async ({
  api,
  otherApi,
  clock,
}) => {
  const needs = { pool: api.pool, encryption };
  const portal = { providerId: api.provider.id, accountType: "provider" } as const;
  const values = { kind: "keycloak", site: "https://sso.example", client_id: "portal", client_secret: "low tide" };
  const published = { ...values, published: true };
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  await createAuthenticationProvider(needs, { ...portal, values: published, by });
  const [{ id } = { id: 0 }] = await listAuthenticationProviders(needs, portal);
  const deletedBy = async (caller: BellwireApi) =>
    (await caller.call("DELETE", `/authentication_providers/${id}`)).statusCode;
  const enforce = (isEnforced: boolean) =>
    api.pool.query("update providers set enforce_sso = $2 where id = $1", [api.provider.id, isEnforced]);
  await enforce(true);
  expect(await deletedBy(api)).toBe(409);
  await enforce(false);
  expect([await deletedBy(otherApi), await deletedBy(api), await deletedBy(api)]).toEqual([404, 204, 404]);
  expect(await listAuthenticationProviders(needs, portal)).toEqual([]);
  const records = await api.pool.query(
    "select action, detail from audit_records where provider_id = $1 and subject = $2 order by id desc limit 1",
    [api.provider.id, `authentication-provider/${id}`],
  );
  const detail = { name: "Keycloak", kind: "keycloak", accountType: "provider" };
  expect(records).toEqual([{ action: "authentication-provider.deleted", detail }]);
});

test("API specifications are listed without their bodies, also to members with the section, of their products", async ({
  api,
}) => {
  const { pool, provider, productId } = await withSpecifications(api);
  expect((await api.call("GET", "/api_specifications")).json()).toEqual({
    data: [
      {
        id: expect.any(Number),
        product_id: productId,
        system_name: "tides",
        name: "Tides",
        description: null,
        published: false,
        version: "1.0",
        updated_at: expect.any(String),
      },
      expect.objectContaining({ product_id: null, name: "Winds", version: "3.1" }),
    ],
  });
  const listed = await listSpecifications(pool, provider.id, []);
  expect(listed.map(({ name }) => name)).toEqual(["Winds"]);
});

/** Creates a specification of the product and one of none. */
async function withSpecifications({ pool, provider }: BellwireApi) {
  const [product] = await pool.query<{ id: number }>("select id from products where provider_id = $1", [provider.id]);
  const by = { actor: { kind: "key" }, channel: "api", now: new Date() } as const;
  const creation = { providerId: provider.id, by, validate: () => Promise.resolve([]) };
  const productId = product?.id ?? 0;
  await createSpecification(pool, { ...creation, values: { name: "Tides", body: "{}", service_id: productId } });
  await createSpecification(pool, { ...creation, values: { name: "Winds", body: '{"openapi":"3.1.0"}' } });
  return { pool, provider, productId };
}
