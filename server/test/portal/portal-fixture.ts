import type { ChangeContext } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type SignUp, type SignedUp, signUpAccount } from "#portal/accounts/index.ts";
import type { Application, ApplicationChange } from "#portal/applications/index.ts";
import { type NewProvider, setUpProvider } from "#portal/provider-account/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { passwords } from "../support/passwords.ts";
import { until } from "../support/until.ts";

export const now = new Date("2026-02-03T04:05:06.789Z");

let subdomains = 0;

/** A provider as the first start creates one. */
export async function setUp(pool: Pool): Promise<NewProvider> {
  subdomains += 1;
  const setup = {
    name: "Acme",
    subdomain: `acme-${subdomains}`,
    adminUsername: "admin",
    adminPassword: "a long password",
    now,
  };
  const created = await pool.inTransaction((tx) => setUpProvider(tx, passwords, setup));
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  return created;
}

export const form = {
  org_name: "Fjord & Sons",
  username: "nora",
  email: "nora@fjord.example",
  password: "correct horse battery",
  password_confirmation: "correct horse battery",
};

/** A credit card with its billing address. */
export const card = {
  credit_card_token: "card-1",
  credit_card_expiration_year: "31",
  credit_card_expiration_month: "5",
  credit_card_partial_number: "4242",
  billing_address_name: "Nora Fjord",
  billing_address_address: "1 Pier",
  billing_address_city: "Bergen",
  billing_address_country: "NO",
};

export const byForm = { via: "form", address: "203.0.113.7", mailIsSent: false, activationUrl: () => "" } as const;
export const byToken = { via: "program", actor: { kind: "token", userId: 1 }, channel: "api" } as const;

/** A sign-up that must work out. */
export async function signUp(
  pool: Pool,
  options: Pick<SignUp, "provider" | "by"> & Partial<SignUp>,
): Promise<SignedUp> {
  const outcome = await signUpAccount(pool, passwords, { values: form, now, ...options });
  if (!("details" in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome;
}

export const byApi: ChangeContext = { actor: byToken.actor, channel: byToken.channel, now };

interface OwnApplication extends ApplicationChange {
  readonly application: Application;
  readonly productId: number;
}

/** Functions that change the application of an account with its own provider. */
export async function signedUp(pool: Pool): Promise<OwnApplication> {
  const { provider, product } = await setUp(pool);
  const { details, applications } = await signUp(pool, { provider, by: byForm });
  const [application] = applications;
  if (!application) throw new Error("There is no application.");
  const accountId = details.account.id;
  return { provider, accountId, applicationId: application.id, application, productId: product.id, by: byApi };
}

type MessageChange = Pick<ApplicationChange, "provider" | "accountId" | "by">;

/** Returns a message about prices between a provider and an account, for `sendMessage`. */
export const messageFrom = (sender: "provider" | "account", { provider, accountId, by }: MessageChange) => ({
  provider,
  accountId,
  sender,
  values: { subject: "Prices", body: "When?" },
  urlOf: (id: number) => `https://acme.example/messages/${id}`,
  by,
});

export interface StoredEvent {
  readonly type: string;
  readonly actor: string;
  readonly userId: number | null;
  readonly channel: string;
  readonly sequence: number;
  readonly state: string;
  readonly previous: unknown;
}

/** The events of a provider as they were recorded, with the state that their documents show. */
export const eventsOf = (db: Pool, providerId: number): Promise<StoredEvent[]> =>
  db.query<StoredEvent>(
    `select type, actor_kind as actor, actor_user_id as "userId", channel, sequence, previous,
       (select child ->> 'value' from json_array_elements(document -> 'record') as child where child ->> 'name' = 'state') as state
     from events where provider_id = $1 order by id`,
    [providerId],
  );

/** Counts the rows of a provider's developers in each table that a sign-up writes. */
export async function countRows(db: Pool, providerId: number): Promise<Readonly<Record<string, number>>> {
  const [counts] = await db.query<Record<string, number>>(
    `select (select count(*) from accounts where provider_id = $1) as accounts,
       (select count(*) from users where provider_id = $1) as users,
       (select count(*) from service_subscriptions where provider_id = $1) as subscriptions,
       (select count(*) from applications where provider_id = $1) as applications,
       (select count(*) from events where provider_id = $1) as events`,
    [providerId],
  );
  return counts ?? {};
}

/** The pool, but the last statement before each commit fails. */
export const failingAtTheEnd = (pool: Pool): Pool => ({
  ...pool,
  inTransaction: (work) =>
    pool.inTransaction(async (tx: Transaction) => {
      await work(tx);
      throw new Error("the last statement failed");
    }),
});

/** One more product, since the last one cannot be deleted. */
export const addProduct = (pool: Pool, providerId: number): Promise<unknown> =>
  pool.query(`insert into products (provider_id, name, system_name) values ($1, 'Spare', 'spare')`, [providerId]);

/** Runs `work` against a concurrent change that commits while `work` waits for its lock, and returns the result. */
export async function runAgainst<T>(
  pool: Pool,
  change: (tx: Transaction) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const { outcome } = await pool.inTransaction(async (tx) => {
    await change(tx);
    const waiting = { outcome: work() };
    waiting.outcome.catch(() => undefined);
    await until(() => countWaiting(pool));
    return waiting;
  });
  return outcome;
}
