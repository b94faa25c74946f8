import type { ChangeContext } from "#access/index.ts";
import { problemOfError } from "#http/shared/problem.ts";
import { signUpAccount } from "#portal/accounts/index.ts";
import { type BellwireApi, test as base } from "../bellwire-api/bellwire-api-test.ts";
import { form } from "../portal/portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

/** A provider with an account, and what its limits count for. */
export interface Scene {
  readonly api: BellwireApi;
  readonly accountId: number;
  readonly userId: number;
  readonly planId: number;
  readonly productId: number;
  readonly by: ChangeContext;
}

export const test = base.extend("scene", async ({ api, clock }): Promise<Scene> => {
  const { pool, provider } = api;
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  const signUp = { provider, values: form, by: { via: "program", ...by } as const, now: by.now };
  const created = await signUpAccount(pool, passwords, signUp);
  if (!("details" in created)) throw new Error(JSON.stringify(created));
  const [plan] = await pool.query<{ id: number; productId: number }>(
    `select id, product_id as "productId" from plans where provider_id = $1 and kind = 'application_plan'`,
    [provider.id],
  );
  const [admin] = await pool.query<{ id: number }>("select id from provider_users where provider_id = $1", [
    provider.id,
  ]);
  return {
    api,
    accountId: created.details.account.id,
    userId: admin?.id ?? 0,
    planId: plan?.id ?? 0,
    productId: plan?.productId ?? 0,
    by,
  };
});

/** Returns the entries of a record, with the types of its keys. */
export function entriesOf<Key extends string, Value>(record: Readonly<Record<Key, Value>>): (readonly [Key, Value])[] {
  const keys = Object.keys(record).filter((key): key is Key => key in record);
  return keys.map((key) => [key, record[key]] as const);
}

let nameCount = 0;
/** Returns a name that no other call returns. */
export const name = (): string => `name${(nameCount += 1)}`;

/** Returns `created`, or the code of the refusal. */
export const outcomeOf = async (creation: Promise<unknown>): Promise<string> => {
  try {
    const each = await creation;
    return each !== undefined && !(typeof each === "object" && each !== null && "refused" in each)
      ? "created"
      : JSON.stringify(each);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code } = problemOfError(error);
    return code === "internal" ? error.message : code;
  }
};
