import {
  type AccountTransition,
  changeAccountPlan,
  changeAccountState,
  deleteAccount,
  deleteCreditCard,
  signUpAccount,
  updateAccount,
  updateCreditCard,
} from "#portal/accounts/index.ts";
import { insertDefaultPlan } from "#portal/products/index.ts";
import { byForm, card, form } from "../portal-fixture.ts";
import type { OperationRow, OutOfScope, Scene } from "./operation-row.ts";
import { passwords } from "../../support/passwords.ts";

const programs = ["admin", "token", "key"] as const;
const allInterfaces = ["developer", ...programs] as const;

const another = { org_name: "Second", username: "second", email: "second@fjord.example" };

const signUpByProgram =
  (values: object) =>
  ({ pool, provider, by }: Scene): Promise<unknown> =>
    signUpAccount(pool, passwords, {
      provider,
      values: { ...another, ...values },
      by: { via: "program", ...by },
      now: by.now,
    });

const edit =
  (values: object) =>
  ({ pool, provider, accountId, by }: Scene): Promise<unknown> =>
    updateAccount(pool, { provider, accountId, values: { ...values }, writer: "program", by });

const step =
  (transition: AccountTransition) =>
  (scene: Scene): Promise<unknown> =>
    changeAccountState(scene.pool, { ...scene, logInUrl: "", transition });

const stepBefore =
  (transition: AccountTransition) =>
  (scene: Scene): Promise<unknown> =>
    changeAccountState(scene.pool, { ...scene, logInUrl: "", transition, by: scene.before });

const otherPlan = ({ pool, provider, by: { now } }: Scene): Promise<{ id: number }> =>
  pool.inTransaction(async (tx) => {
    await tx.query(`update plans set is_default = false where provider_id = $1 and kind = 'account_plan'`, [
      provider.id,
    ]);
    const named = { name: "Gold", systemName: "gold", state: "hidden" } as const;
    return insertDefaultPlan(tx, { providerId: provider.id, now, ...named, kind: "account_plan", productId: null });
  });

export const accountOperations: readonly (OperationRow | OutOfScope)[] = [
  {
    row: "A1",
    operation: "sign up by the form",
    via: ["developer"],
    act: ({ pool, provider, by: { now } }) =>
      signUpAccount(pool, passwords, { provider, values: { ...form, ...another }, by: byForm, now }),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A1",
    operation: "sign up by the form for an application with a key",
    via: ["developer"],
    prepare: ({ pool, provider }) =>
      pool.query(`update products set backend_version = '2' where provider_id = $1`, [provider.id]),
    act: ({ pool, provider, by: { now } }) =>
      signUpAccount(pool, passwords, { provider, values: { ...form, ...another }, by: byForm, now }),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A1",
    operation: "a rejected sign-up by the form",
    via: ["developer"],
    act: ({ pool, provider, by: { now } }) =>
      signUpAccount(pool, passwords, { provider, values: form, by: byForm, now }),
    events: [],
  },
  { row: "A2", operation: "first login by single sign-on", outOfScope: "There is no single sign-on for developers." },
  {
    row: "A3",
    operation: "sign an account up without a password",
    via: ["token"],
    act: signUpByProgram({}),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A4",
    operation: "sign an account up with a password",
    via: ["token"],
    act: signUpByProgram({ password: "correct horse battery" }),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A4",
    operation: "sign an account up whose application has a key",
    via: ["token", "key"],
    prepare: ({ pool, provider }) =>
      pool.query(`update products set backend_version = '2' where provider_id = $1`, [provider.id]),
    act: signUpByProgram({}),
    events: ["account.created", "user.created", "application.created", "application.key_created"],
  },
  {
    row: "A5",
    operation: "sign an account up",
    via: ["key"],
    act: signUpByProgram({}),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A6",
    operation: "create an account in the Admin Portal",
    via: ["admin"],
    act: signUpByProgram({ password: "correct horse battery" }),
    events: ["account.created", "user.created", "application.created"],
  },
  {
    row: "A7",
    operation: "edit an account",
    via: allInterfaces,
    act: edit({ org_name: "Quay" }),
    events: ["account.updated"],
  },
  {
    row: "A7",
    operation: "edit an account without changes",
    via: allInterfaces,
    act: edit({ org_name: form.org_name }),
    events: [],
  },
  { row: "A7", operation: "a rejected edit", via: allInterfaces, act: edit({ org_name: "" }), events: [] },
  {
    row: "A7",
    operation: "switch monthly billing off",
    via: programs,
    act: edit({ monthly_billing_enabled: false }),
    events: ["account.updated"],
  },
  {
    row: "A8",
    operation: "approve",
    via: programs,
    prepare: stepBefore("reject"),
    act: step("approve"),
    events: ["account.updated"],
  },
  { row: "A8", operation: "reject", via: programs, act: step("reject"), events: ["account.updated"] },
  { row: "A8", operation: "make pending", via: programs, act: step("make_pending"), events: ["account.updated"] },
  { row: "A8", operation: "suspend", via: programs, act: step("suspend"), events: ["account.updated"] },
  {
    row: "A8",
    operation: "resume",
    via: programs,
    prepare: stepBefore("suspend"),
    act: step("resume"),
    events: ["account.updated"],
  },
  { row: "A8", operation: "approve an approved account", via: programs, act: step("approve"), events: [] },
  {
    row: "A8",
    operation: "reject a suspended account",
    via: programs,
    prepare: stepBefore("suspend"),
    act: step("reject"),
    events: [],
  },
  {
    row: "A9",
    operation: "change the account plan",
    via: allInterfaces,
    act: async (scene) => changeAccountPlan(scene.pool, { ...scene, planId: (await otherPlan(scene)).id }),
    events: ["account.plan_changed"],
  },
  {
    row: "A9",
    operation: "change to the current account plan",
    via: allInterfaces,
    act: async (scene) => {
      const [account] = await scene.pool.query<{ planId: number }>(
        `select plan_id from accounts where provider_id = $1 and id = $2`,
        [scene.provider.id, scene.accountId],
      );
      return changeAccountPlan(scene.pool, { ...scene, planId: account?.planId ?? 0 });
    },
    events: [],
  },
  { row: "A10", operation: "customise an account plan", outOfScope: "Only application plans can be customised." },
  {
    row: "A11",
    operation: "delete an account",
    via: programs,
    act: (scene) => deleteAccount(scene.pool, scene),
    events: ["account.deleted", "application.deleted", "user.deleted"],
  },
  {
    row: "A11",
    operation: "delete an account whose application has a key",
    via: programs,
    prepare: async ({ pool, provider, applications }) => {
      await pool.query(`update products set backend_version = '2' where provider_id = $1`, [provider.id]);
      await pool.query(`insert into application_keys (provider_id, application_id, value) values ($1, $2, 'abcde')`, [
        provider.id,
        applications[0]?.id,
      ]);
    },
    act: (scene) => deleteAccount(scene.pool, scene),
    events: ["account.deleted", "application.deleted", "user.deleted"],
  },
  {
    row: "A12",
    operation: "store a credit card",
    via: allInterfaces,
    act: (scene) => updateCreditCard(scene.pool, { ...scene, values: card }),
    events: ["account.updated"],
  },
  {
    row: "A12",
    operation: "store the same credit card",
    via: allInterfaces,
    prepare: (scene) => updateCreditCard(scene.pool, { ...scene, values: card, by: scene.before }),
    act: (scene) => updateCreditCard(scene.pool, { ...scene, values: card }),
    events: [],
  },
  {
    row: "A12",
    operation: "delete a credit card",
    via: allInterfaces,
    prepare: (scene) => updateCreditCard(scene.pool, { ...scene, values: card, by: scene.before }),
    act: (scene) => deleteCreditCard(scene.pool, scene),
    events: ["account.updated"],
  },
  {
    row: "A12",
    operation: "delete a missing credit card",
    via: allInterfaces,
    act: (scene) => deleteCreditCard(scene.pool, scene),
    events: [],
  },
  {
    row: "A13",
    operation: "change the groups of an account",
    outOfScope: "There are no pages that groups could open.",
  },
  {
    row: "A14",
    operation: "make two accounts pending",
    via: ["admin"],
    act: async (scene) => {
      const { pool, provider, by } = scene;
      const [second] = await pool.query<{ id: number }>(`select max(id) as id from accounts where provider_id = $1`, [
        provider.id,
      ]);
      for (const accountId of [scene.accountId, second?.id ?? 0]) {
        await changeAccountState(pool, { provider, accountId, by, logInUrl: "", transition: "make_pending" });
      }
    },
    prepare: (scene) => signUpByProgram({ password: "correct horse battery" })({ ...scene, by: scene.before }),
    events: ["account.updated", "account.updated"],
  },
];
