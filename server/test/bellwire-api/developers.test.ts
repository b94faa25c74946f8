import { expect } from "vitest";
import { signUpAccount } from "#portal/accounts/index.ts";
import { listMails } from "#portal/mails/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";
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

const eventTypes = async (api: BellwireApi): Promise<string[]> =>
  (await api.call("GET", "/events")).json().data.map(({ type }: { type: string }) => type);

test("suspending and resuming an account creates an event each", async ({ api, clock }) => {
  const { account } = await signUp(api, clock.now());
  const before = (await eventTypes(api)).length;
  expect((await api.call("POST", `/accounts/${account.id}/resume`)).statusCode).toBe(422);
  expect((await api.call("POST", `/accounts/${account.id}/suspend`)).statusCode).toBe(204);
  expect((await api.call("POST", `/accounts/${account.id}/resume`)).statusCode).toBe(204);
  const all = await eventTypes(api);
  expect(all.slice(0, all.length - before)).toEqual(["account.updated", "account.updated"]);
});

test("regenerating a user key creates two events, user_key_updated and key_updated", async ({ api, clock }) => {
  const { applicationId } = await signUp(api, clock.now());
  expect((await api.call("POST", `/applications/${applicationId}/regenerate_user_key`)).statusCode).toBe(204);
  expect((await eventTypes(api)).slice(0, 2)).toEqual(["application.user_key_updated", "application.key_updated"]);
});

test("only pending applications can be rejected, and only existing keys replaced", async ({ api, clock }) => {
  const { applicationId } = await signUp(api, clock.now());
  const reject = await api.call("POST", `/applications/${applicationId}/reject`, { payload: { reason: "No." } });
  expect(reject.statusCode).toBe(422);
  const regenerate = `/applications/${applicationId}/regenerate_key`;
  expect((await api.call("POST", regenerate, { payload: { key: "none" } })).statusCode).toBe(404);
});

test("accounts and applications of another provider are not found", async ({ api, otherApi, clock }) => {
  const { account, applicationId } = await signUp(otherApi, clock.now());
  expect((await api.call("POST", `/accounts/${account.id}/suspend`)).statusCode).toBe(404);
  expect((await api.call("POST", `/applications/${applicationId}/regenerate_user_key`)).statusCode).toBe(404);
});

test("only admins read mails, whose links open accounts; members and read-only tokens are denied", async ({
  api,
  clock,
}) => {
  const { account } = await signUp(api, clock.now());
  await api.call("POST", `/accounts/${account.id}/suspend`);
  const mails = (await api.call("GET", "/mails")).json().data;
  expect(mails).toHaveLength((await listMails(api.pool, api.provider.id, { limit: 10 })).length);
  for (const token of [{ role: "member", sections: ["partners"] }, { permission: "ro" }] as const) {
    const authorization = `Bearer ${await api.addToken(token)}`;
    expect((await api.call("GET", "/mails", { headers: { authorization } })).statusCode).toBe(403);
  }
});
