import { hashPassword, type HashingFor } from "#access/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import {
  hasNoErrors,
  mergeErrors,
  readDocumentSettings,
  type FieldErrors,
  type FieldInput,
} from "#portal/fields/index.ts";
import { listProducts, readDefaultPlans } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { findTakenNames } from "#portal/users/find-taken-names.ts";

import { choosePlans } from "./choose-plans.ts";
import { decideFirstStates } from "./decide-first-states.ts";
import { findWantedPlans } from "./find-wanted-plans.ts";
import { judgeSignUp } from "./judge-sign-up.ts";
import { NameTaken, writeSignUp, type SignedUp, type SignUpDoor } from "./write-sign-up.ts";

export interface SignUp {
  readonly provider: Provider;
  /** As they came, by field name: the account's, its first user's, `password`, `password_confirmation`, `annotations`. */
  readonly values: FieldInput;
  /** The ids of plans of any kind. */
  readonly wantedPlans?: readonly number[];
  readonly by: SignUpDoor;
  readonly now: Date;
}

export type SignUpOutcome =
  | SignedUp
  | { readonly refused: FieldErrors }
  | { readonly notFound: "plan" }
  /** The form alone can be closed: the provider takes no sign-ups, or has no account plan. */
  | { readonly closed: true };

/** A new account with its first user, its subscriptions and its first applications, and the events that tell of them. */
export async function signUpAccount(pool: Pool, signUp: SignUp): Promise<SignUpOutcome> {
  const { provider, by, values, now } = signUp;
  const isForm = by.door === "form";
  const plans = await findPlans(pool, signUp);
  if (isForm && (!provider.signupsEnabled || plans === "no account plan")) return { closed: true };
  if (typeof plans === "string") return { notFound: "plan" };

  const settings = await readDocumentSettings(pool, provider);
  const { fields, errors } = judgeSignUp(settings, values, isForm ? "developer" : "program");
  const refused = mergeErrors(errors, await findTakenNames(pool, provider.id, fields));
  if (!hasNoErrors(refused)) return { refused };

  const judged = {
    settings,
    by,
    now,
    fields,
    plans,
    products: await listProducts(pool, provider.id),
    states: decideFirstStates(
      by.door === "form"
        ? { door: "form", activatesByMail: provider.emailActivation ?? by.mailIsSent }
        : { door: "program", hasPassword: fields.password !== undefined },
      plans.accountPlan,
    ),
    passwordHash: fields.password === undefined ? null : await hashPassword(fields.password, hashingFor(signUp)),
  };
  try {
    const signedUp = await pool.inTransaction((tx) => writeSignUp(tx, judged));
    return signedUp ?? (await signUpAccount(pool, signUp)); // a plan was deleted meanwhile: with those that are there now
  } catch (error) {
    if (error instanceof NameTaken) return { refused: error.errors };
    throw error;
  }
}

const hashingFor = ({ provider, by }: SignUp): HashingFor =>
  by.door === "form" ? { providerId: provider.id, address: by.address } : { providerId: provider.id };

async function findPlans(
  pool: Pool,
  { provider, by, wantedPlans }: SignUp,
): Promise<ReturnType<typeof choosePlans> | "unknown plan"> {
  const wanted = await findWantedPlans(pool, provider.id, {
    ids: wantedPlans ?? [],
    mayBeHidden: by.door === "program",
    dropsUnknown: by.door === "program",
    reach: by.door === "program" ? by.reach : undefined,
  });
  return wanted ? choosePlans(wanted, await readDefaultPlans(pool, provider.id)) : "unknown plan";
}

/** Whether the sign-up form is to be shown. */
export async function signUpIsOpen(db: Database, provider: Provider): Promise<boolean> {
  const defaults = await readDefaultPlans(db, provider.id);
  return provider.signupsEnabled && defaults.some((plan) => plan.kind === "account_plan");
}
