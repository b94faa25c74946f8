import { expect } from "vitest";
import { createProviderUser, developerUsageOf, type MailedNotification } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { developerLimits } from "#platform/limits.ts";
import { changeAccountPlan, deleteAccount, requestAccountPlan, sendMessage } from "#portal/accounts/index.ts";
import {
  changeApplicationPlan,
  changeSubscriptionPlan,
  createApplication,
  customizeApplicationPlan,
  decustomizeApplicationPlan,
  deleteApplication,
  deleteProduct,
  readSubscriptions,
  rejectApplication,
  requestApplicationPlan,
  requestSubscriptionPlan,
  requestSubscription,
  subscribe,
  unsubscribe,
} from "#portal/applications/index.ts";
import { storedMailBytes } from "#portal/mails/index.ts";
import { test } from "../support/test.ts";
import { addProduct, byApi, failingAtTheEnd, messageFrom, setUp, signedUp, signUp } from "./portal-fixture.ts";

const portal = "https://acme-admin.example";
const by = { ...byApi, adminPortalUrl: portal };

type World = Awaited<ReturnType<typeof createWorld>>;

/** A developer's account with an application and a subscription on paid plans, and cheaper plans. */
async function createWorld(pool: Pool) {
  const { provider, accountId, applicationId, application, productId } = await signedUp(pool);
  await addProduct(pool, provider.id);
  await pool.query("delete from mails where provider_id = $1", [provider.id]);
  await pool.query("update plans set cost_per_month = 10 where provider_id = $1", [provider.id]);
  await pool.query("update products set buyer_plan_change_permission = 'request' where id = $1", [productId]);
  const add = async (kind: string, ofProduct: number | null, name: string): Promise<number> => {
    const [plan] = await pool.query<{ id: number }>(
      `insert into plans (provider_id, kind, product_id, name, system_name, state, cost_per_month)
       values ($1, $2, $3, $4, lower($4), 'published', 5) returning id`,
      [provider.id, kind, ofProduct, name],
    );
    return plan?.id ?? 0;
  };
  const [subscribed] = await readSubscriptions(pool, provider.id, accountId);
  return {
    pool,
    provider,
    productId,
    accountId,
    applicationId,
    basic: application.plan.id,
    subscriptionId: subscribed?.subscription.id ?? 0,
    plans: {
      account: await add("account_plan", null, "Small Account"),
      service: await add("service_plan", productId, "Small Access"),
      application: await add("application_plan", productId, "Small"),
    },
    by,
  };
}

/** Adds a user who has exactly these preferences on, and returns the address. */
async function addUser(
  { pool, provider }: Pick<World, "pool" | "provider">,
  preferences: readonly MailedNotification[],
  of: Partial<Parameters<typeof createProviderUser>[1]> & { readonly username: string },
): Promise<string> {
  const email = `${of.username}@acme.example`;
  const stored = Object.fromEntries(everyOccasion.map(([name]) => [name, preferences.includes(name)]));
  await pool.inTransaction(async (tx) => {
    const user = { providerId: provider.id, email, passwordHash: "none", role: "admin", ...of } as const;
    const { id } = await createProviderUser(tx, user);
    await tx.query("update provider_users set notifications = $2 where id = $1", [id, stored]);
  });
  return email;
}

interface SentMail {
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
}

const mailsOf = ({ pool, provider }: Pick<World, "pool" | "provider">): Promise<SentMail[]> =>
  pool.query("select recipient, subject, text from mails where provider_id = $1 order by id", [provider.id]);

const recipientsOf = async (world: World): Promise<readonly string[]> =>
  (await mailsOf(world)).map(({ recipient }) => recipient).toSorted();

const lastId = (path: string): RegExp => new RegExp(`^${path.replaceAll("{}", String.raw`\d+`)}$`);

interface Occasion {
  readonly act: (world: World) => Promise<unknown>;
  readonly subject: string;
  readonly sentence: string;
  readonly quoted?: string;
  readonly page: RegExp;
}

const fjord = "Fjord & Sons";
const account = lastId("/accounts/{}");
const application = lastId("/accounts/{}/applications/{}");
const otherForm = { org_name: "Quay", username: "mira", email: "mira@quay.example" };
const bySignUp = { via: "program", ...by } as const;

/** One change for each notification. One that is left out does not compile. */
const occasions: Readonly<Record<MailedNotification, Occasion>> = {
  account_created: {
    act: ({ pool, provider }) => signUp(pool, { provider, by: bySignUp, values: otherForm }),
    subject: "new account Quay",
    sentence: "The developer account Quay was created.",
    page: account,
  },
  account_deleted: {
    act: ({ pool, ...change }) => deleteAccount(pool, change),
    subject: `the account ${fjord} was deleted`,
    sentence: `The developer account ${fjord} was deleted, with its users and applications.`,
    page: lastId("/accounts"),
  },
  account_plan_change_requested: {
    act: ({ pool, plans, ...change }) => requestAccountPlan(pool, { ...change, planId: plans.account }),
    subject: `${fjord} asks for the plan Small Account`,
    sentence: `${fjord} asks to move its account from the plan Default to Small Account. Decide about it here:`,
    page: lastId(String.raw`/accounts/{}\?request=plan`),
  },
  application_created: {
    act: ({ pool, basic: planId, ...change }) =>
      createApplication(pool, { ...change, planId, values: { name: "Tides" }, writer: "program" }),
    subject: "new application Tides",
    sentence: `${fjord} has the new application Tides of API, on the plan Basic.`,
    page: application,
  },
  application_plan_change_requested: {
    act: ({ pool, plans, ...change }) => requestApplicationPlan(pool, { ...change, planId: plans.application }),
    subject: `${fjord} asks for the plan Small`,
    sentence: `${fjord} asks to move the application ${fjord}'s App from the plan Basic to Small. Decide about it here:`,
    page: lastId(String.raw`/accounts/{}/applications/{}\?request=plan`),
  },
  cinstance_cancellation: {
    act: ({ pool, ...change }) => deleteApplication(pool, { ...change, writer: "program" }),
    subject: `the application ${fjord}'s App was deleted`,
    sentence: `The application ${fjord}'s App of ${fjord} was deleted. It was on the plan Basic of API.`,
    page: account,
  },
  cinstance_plan_changed: {
    act: ({ pool, plans, ...change }) =>
      changeApplicationPlan(pool, { ...change, planId: plans.application, writer: "program" }),
    subject: `${fjord}'s App is on the plan Small`,
    sentence: `The application ${fjord}'s App of ${fjord} was moved from the plan Basic to Small.`,
    page: application,
  },
  message_received: {
    act: ({ pool, ...change }) => sendMessage(pool, messageFrom("account", change)),
    subject: `message from ${fjord}: Prices`,
    sentence: `${fjord} has sent you a message:`,
    quoted: "> Prices\n> \n> When?",
    page: lastId("/messages/{}"),
  },
  plan_downgraded: {
    act: ({ pool, plans, ...change }) => changeAccountPlan(pool, { ...change, planId: plans.account }),
    subject: `${fjord} moved to the cheaper plan Small Account`,
    sentence: `The account of ${fjord} was moved from the plan Default to Small Account, which has a lower monthly cost.`,
    page: account,
  },
  service_contract_cancellation: {
    act: async ({ pool, ...change }) => {
      await pool.query("update applications set state = 'suspended' where provider_id = $1", [change.provider.id]);
      return unsubscribe(pool, change);
    },
    subject: `${fjord} left API`,
    sentence: `The subscription of ${fjord} to API ended. It was on the plan Default.`,
    page: account,
  },
  service_contract_created: {
    act: async (world) => {
      await endSubscription(world);
      return subscribe(world.pool, { ...world, planId: world.plans.service });
    },
    subject: `${fjord} subscribed to API`,
    sentence: `${fjord} is subscribed to API on the plan Small Access.`,
    page: account,
  },
  service_contract_plan_changed: {
    act: ({ pool, plans, ...change }) => changeSubscriptionPlan(pool, { ...change, planId: plans.service }),
    subject: `${fjord} is on the plan Small Access`,
    sentence: `The subscription of ${fjord} to API was moved from the plan Default to Small Access.`,
    page: account,
  },
  service_deleted: {
    act: ({ pool, ...deletion }) => deleteProduct(pool, deletion),
    subject: "the product API was deleted",
    sentence: "The product API was deleted, with its plans, subscriptions and applications.",
    page: lastId("/products"),
  },
  service_plan_change_requested: {
    act: ({ pool, plans, ...change }) => requestSubscriptionPlan(pool, { ...change, planId: plans.service }),
    subject: `${fjord} asks for the plan Small Access`,
    sentence: `${fjord} asks to move its subscription to API from the plan Default to Small Access. Decide about it here:`,
    page: lastId(String.raw`/accounts/{}\?request=subscription-{}`),
  },
};

const endSubscription = async ({ pool, provider }: World): Promise<void> => {
  await pool.query("delete from applications where provider_id = $1", [provider.id]);
  await pool.query("delete from service_subscriptions where provider_id = $1", [provider.id]);
};

const everyOccasion = Object.entries(occasions).flatMap(([name, occasion]) =>
  isMailed(name) ? [[name, occasion] as const] : [],
);

function isMailed(name: string): name is MailedNotification {
  return Object.hasOwn(occasions, name);
}

test.for(everyOccasion)(
  "%s is mailed with its page to the admins who want it, and to no other",
  async ([name, { act, subject, sentence, quoted, page }], { sharedPool: pool }) => {
    const world = await createWorld(pool);
    const recipient = await addUser(world, [name], { username: "ada" });
    await addUser(world, [], { username: "bea" });
    expect(await act(world)).not.toHaveProperty("refused");
    expect(await mailsOf(world)).toEqual([{ recipient, subject: `Acme: ${subject}`, text: expect.anything() }]);
    const [, ...paragraphs] = (await mailsOf(world))[0]?.text.trimEnd().split("\n\n") ?? [];
    const [link = "", hint, preferences] = paragraphs.splice(-3);
    expect([paragraphs, link.startsWith(`${portal}/p/admin/`), hint, preferences]).toEqual([
      quoted === undefined ? [sentence] : [sentence, quoted],
      true,
      "Choose which notifications you get:",
      `${portal}/p/admin/personal/notifications`,
    ]);
    expect(link.slice(`${portal}/p/admin`.length)).toMatch(page);
  },
);

test.for(everyOccasion)(
  "%s is mailed to members as their sections and products allow",
  async ([name, { act }], { sharedPool: pool }) => {
    const world = await createWorld(pool);
    const [section, other] = name === "plan_downgraded" ? ["finance", "partners"] : ["partners", "finance"];
    const member = (username: string, sections: readonly string[], serviceIds: readonly number[] | null = null) =>
      addUser(world, [name], { username, role: "member", sections, serviceIds });
    const needed = /^service_(contract|plan)_/.test(name) ? [section, "plans"] : [section];
    const permitted = await member("permitted", needed);
    const limited = await member("limited", needed, [world.productId, 1]);
    await member("stranger", needed, [1]);
    await member("nowhere", needed, []);
    await member("unrelated", [other, "plans", "settings", "portal", "monitoring"], [world.productId]);
    await member("sectionless", needed.length > 1 ? [section] : []);
    await act(world);
    const isOfAccount = ["account_deleted", "account_plan_change_requested", "plan_downgraded"].includes(name);
    expect(await recipientsOf(world)).toEqual(isOfAccount ? [permitted] : [limited, permitted]);
    expect((await mailsOf(world)).every(({ text }) => /admin\/(?!personal)/.test(text))).toBe(section === "partners");
  },
);

test("suspended users, pending ones and those without an address are not notified", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  const names = ["account_deleted"] as const;
  await addUser(world, names, { username: "suspended", state: "suspended" });
  await addUser(world, names, { username: "pending", state: "pending" });
  await addUser(world, names, { username: "nowhere" });
  await pool.query("update provider_users set email = null where username = 'nowhere'");
  await occasions.account_deleted.act(world);
  expect(await mailsOf(world)).toEqual([]);
});

test("a user who has changed nothing is notified of plan requests and messages only", async ({ sharedPool: pool }) => {
  const subjects: string[] = [];
  for (const { act } of Object.values(occasions)) {
    const world = await createWorld(pool);
    const { id } = world.provider;
    await pool.query("update provider_users set email = 'ada@acme.example' where provider_id = $1", [id]);
    await act(world);
    subjects.push(...(await mailsOf(world)).map(({ subject }) => subject));
  }
  expect(subjects).toEqual([
    `Acme: ${fjord} asks for the plan Small Account`,
    `Acme: ${fjord} asks for the plan Small`,
    `Acme: message from ${fjord}: Prices`,
    `Acme: ${fjord} asks for the plan Small Access`,
  ]);
});

test("a user who has changed one preference keeps the defaults of the others", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  const ada = await addUser(world, [], { username: "ada" });
  const changed = `update provider_users set notifications = '{"account_created": true}' where email = $1`;
  await pool.query(changed, [ada]);
  await occasions.application_plan_change_requested.act(world);
  expect(await recipientsOf(world)).toEqual([ada]);
  await occasions.service_contract_plan_changed.act(world);
  expect(await recipientsOf(world)).toEqual([ada]);
});

test("a sign-up notifies of all that it creates, and marks those that wait", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  await pool.query("update plans set approval_required = true where provider_id = $1", [provider.id]);
  const names = ["account_created", "application_created", "service_contract_created"] as const;
  await addUser({ pool, provider }, names, { username: "ada" });
  await signUp(pool, { provider, by: bySignUp });
  expect((await mailsOf({ pool, provider })).map(({ subject, text }) => [subject, text.split("\n")[2]])).toEqual([
    [`Acme: new account ${fjord}`, `The developer account ${fjord} was created.`],
    [`Acme: ${fjord} subscribed to API`, `${fjord} is subscribed to API on the plan Default. It waits for approval.`],
    [
      "Acme: new application API signup",
      `${fjord} has the new application API signup of API, on the plan Basic. It waits for approval.`,
    ],
  ]);
});

test("of several notifications of a change, a user gets those that are on", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  await addUser(world, [], { username: "ada" });
  const { id } = world.provider;
  await pool.query(`update provider_users set notifications = '{"account_created": true}' where provider_id = $1`, [
    id,
  ]);
  await occasions.account_created.act(world);
  expect((await mailsOf(world)).map(({ subject }) => subject)).toEqual(["Acme: new account Quay"]);
});

test("the mails that a developer causes count as what developers record", async ({ sharedPool: pool }) => {
  const recordedWith = async (preferences: readonly MailedNotification[]): Promise<number> => {
    const world = await createWorld(pool);
    await addUser(world, preferences, { username: "ada" });
    const developer = { ...by, actor: { kind: "developer", userId: 1 } } as const;
    const recorded = (): number =>
      developerUsageOf(pool, world.provider.id).read(developerLimits.recorded, by.now).used;
    const before = recorded();
    await occasions.cinstance_cancellation.act({ ...world, by: developer });
    return recorded() - before;
  };
  expect((await recordedWith(["cinstance_cancellation"])) - (await recordedWith([]))).toBe(storedMailBytes / 1024);
});

test("an application that subscribes its account is mailed with the subscription", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  await endSubscription(world);
  await pool.query("update plans set approval_required = true where provider_id = $1", [world.provider.id]);
  await addUser(world, ["application_created", "service_contract_created"], { username: "ada" });
  await occasions.application_created.act(world);
  expect((await mailsOf(world)).map(({ text }) => text.split("\n")[2])).toEqual([
    `${fjord} has the new application Tides of API, on the plan Basic. It waits for approval.`,
    `${fjord} is subscribed to API on the plan Default. It waits for approval.`,
  ]);
});

test("an account without a subscription to a member's products is not shown to the member", async ({
  sharedPool: pool,
}) => {
  const world = await createWorld(pool);
  await endSubscription(world);
  await pool.query("update plans set is_default = false where provider_id = $1 and kind <> 'account_plan'", [
    world.provider.id,
  ]);
  const all = await addUser(world, ["account_created"], { username: "all", role: "member", sections: ["partners"] });
  const limited = {
    username: "limited",
    role: "member",
    sections: ["partners"],
    serviceIds: [world.productId],
  } as const;
  await addUser(world, ["account_created"], limited);
  await occasions.account_created.act(world);
  expect(await recipientsOf(world)).toEqual([all]);
});

test("a developer's request for a subscription is mailed to all admins, and once to who wants notifications", async ({
  sharedPool: pool,
}) => {
  const world = await createWorld(pool);
  await endSubscription(world);
  await pool.query("update plans set approval_required = true where provider_id = $1 and kind = 'service_plan'", [
    world.provider.id,
  ]);
  const ada = await addUser(world, ["service_contract_created"], { username: "ada" });
  const bea = await addUser(world, [], { username: "bea" });
  const member = { role: "member", sections: ["partners", "plans"] } as const;
  const mia = await addUser(world, ["service_contract_created"], { username: "mia", ...member });
  await addUser(world, [], { username: "nora", ...member });
  const developer = { ...by, actor: { kind: "developer", userId: 1 } } as const;
  expect(await requestSubscription(pool, { ...world, by: developer })).toEqual({ state: "pending" });
  expect(await recipientsOf(world)).toEqual([ada, bea, mia]);
  const [mail] = await mailsOf(world);
  expect(mail?.subject).toBe(`Acme: ${fjord} asks for access to API`);
  expect(mail?.text).toMatch(/Decide about it here:\n\nhttps:\S+\/admin\/accounts\/\d+\?request=subscription-\d+\n$/);
});

test("the parts of a deleted account or product are not mailed, but the applications of a subscription are", async ({
  sharedPool: pool,
}) => {
  const names = ["cinstance_cancellation", "service_contract_cancellation"] as const;
  const subjectsAfter = async (act: Occasion["act"]): Promise<readonly string[]> => {
    const world = await createWorld(pool);
    await addUser(world, names, { username: "ada" });
    await act(world);
    return (await mailsOf(world)).map(({ subject }) => subject);
  };
  expect(await subjectsAfter(occasions.account_deleted.act)).toEqual([]);
  expect(await subjectsAfter(occasions.service_deleted.act)).toEqual([]);
  expect(await subjectsAfter(occasions.service_contract_cancellation.act)).toEqual([
    `Acme: ${fjord} left API`,
    `Acme: the application ${fjord}'s App was deleted`,
  ]);
});

test("a rejected application is mailed as deleted; a custom plan is no other plan", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  await addUser(world, ["cinstance_cancellation", "cinstance_plan_changed", "plan_downgraded"], { username: "ada" });
  await customizeApplicationPlan(pool, world);
  await decustomizeApplicationPlan(pool, world);
  expect(await mailsOf(world)).toEqual([]);
  await pool.query("update applications set state = 'pending' where provider_id = $1", [world.provider.id]);
  await rejectApplication(pool, { ...world, reason: "" });
  expect((await mailsOf(world)).map(({ subject }) => subject)).toEqual([
    "Acme: your application is not approved", // to the developer
    `Acme: the application ${fjord}'s App was deleted`,
  ]);
});

test("only a plan with a lower monthly cost is a downgrade: of an account, a subscription and an application", async ({
  sharedPool: pool,
}) => {
  const subjectsAt = async (cost: string): Promise<readonly string[]> => {
    const world = await createWorld(pool);
    const { plans, ...change } = world;
    await addUser(world, ["plan_downgraded"], { username: "ada" });
    await pool.query("update plans set cost_per_month = $2 where id = any($1)", [Object.values(plans), cost]);
    await changeAccountPlan(pool, { ...change, planId: plans.account });
    await changeSubscriptionPlan(pool, { ...change, planId: plans.service });
    await changeApplicationPlan(pool, { ...change, planId: plans.application, writer: "program" });
    return (await mailsOf(world)).map(({ text }) => text.split("\n")[2]?.replace(/ was moved.*/, "") ?? "");
  };
  for (const cost of ["10", "10.01", "100"]) expect(await subjectsAt(cost)).toEqual([]);
  expect(await subjectsAt("9.99")).toEqual([
    `The account of ${fjord}`,
    `The subscription to API of ${fjord}`,
    `The application ${fjord}'s App of ${fjord}`,
  ]);
});

test("a user is notified of an own change, too", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  const ada = await addUser(world, ["account_deleted"], { username: "ada" });
  const [user] = await pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and email = $2",
    [world.provider.id, ada],
  );
  const own = { ...by, actor: { kind: "admin", userId: user?.id ?? 0 } } as const;
  await deleteAccount(pool, { ...world, by: own });
  expect(await recipientsOf(world)).toEqual([ada]);
});

test("a change that is rolled back leaves no notification", async ({ sharedPool: pool }) => {
  const world = await createWorld(pool);
  await addUser(world, ["account_deleted"], { username: "ada" });
  await expect(deleteAccount(failingAtTheEnd(pool), world)).rejects.toThrow("the last statement failed");
  expect(await mailsOf(world)).toEqual([]);
});

test("notifications of one provider reach no user of another", async ({ sharedPool: pool }) => {
  const [world, other] = [await createWorld(pool), await createWorld(pool)];
  await addUser(other, ["account_deleted"], { username: "eve" });
  await occasions.account_deleted.act(world);
  expect([await mailsOf(world), await mailsOf(other)]).toEqual([[], []]);
});

/** The pool, which notes for each statement about notifications whether another one of the transaction is on its way. */
const watching = (pool: Pool, noted: boolean[]): Pool => ({
  ...pool,
  inTransaction: (work) =>
    pool.inTransaction((tx: Transaction) => {
      let onTheWay = 0;
      return work({
        ...tx,
        query: async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
          if (text.includes("notifications ?|")) noted.push(onTheWay > 0);
          onTheWay += 1;
          try {
            return await tx.query<Row>(text, values);
          } finally {
            onTheWay -= 1;
          }
        },
      });
    }),
});

test("a change that interests nobody pays one statement, which travels with others", async ({ sharedPool: pool }) => {
  const changes = ["account_created", "application_created", "cinstance_plan_changed", "account_deleted"] as const;
  for (const name of changes) {
    const world = await createWorld(pool);
    const noted: boolean[] = [];
    await occasions[name].act({ ...world, pool: watching(pool, noted) });
    expect([name, noted, await mailsOf(world)]).toEqual([name, [true], []]);
  }
});
