import fc from "fast-check";
import type { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { applyWebhook, type Webhook } from "./apply-webhook.ts";
import { openDatabase } from "./open-database.ts";

const now = new Date("2026-03-09T17:20:41Z");

const webhook = (sequence: number, name: string, object: Webhook["event"]["object"]): Webhook => {
  const [type = "", action = ""] = name.split(".");
  const headers = { id: `id-${sequence}`, type: name, time: new Date(Date.UTC(2026, 2, sequence)), sequence };
  return { headers, event: { type, action, object } };
};

const plans = [
  { type: "application_plan", name: "Basic" },
  { type: "account_plan", name: "Gold" },
];
const account = (org_name: string) => ({ id: 31, org_name, state: "approved", plans });
const user = (id: number, more: Record<string, string>) => ({ id, account_id: 31, username: `user-${id}`, ...more });
const application = (name: string) => ({ id: 41, user_account_id: 31, name, state: "live", plan: { name: "Basic" } });

const story: readonly Webhook[] = [
  webhook(1, "account.created", account("Harbour")),
  webhook(2, "user.created", user(21, { email: "mira@harbour.example", role: "admin" })),
  webhook(3, "application.created", application("Ferries")),
  webhook(4, "account.updated", account("Harbour & Sons")),
  webhook(5, "user.created", user(22, { email: "tom@harbour.example", role: "member" })),
  webhook(6, "user.updated", user(21, { email: "mira@quay.example", role: "admin", last_name: "Okoye" })),
  webhook(7, "application.key_created", application("Tides")),
  webhook(8, "user.deleted", user(22, { email: "tom@harbour.example", role: "member" })),
];

const contactsOf = (database: DatabaseSync) =>
  database
    .prepare("select * from contacts order by id")
    .all()
    .map((row) => ({ ...row }));

const company = { company: "Harbour & Sons", state: "approved", plan: "Gold", applications: "Tides (Basic, live)" };
const mira = { id: 21, name: "Okoye", email: "mira@quay.example", role: "admin", ...company, deleted_at: null };
const tom = { id: 22, name: "user-22", email: "tom@harbour.example", role: "member", ...company };
const contacts = [mira, { ...tom, deleted_at: "2026-03-08T00:00:00.000Z" }];

test("webhooks in any order and with repeats lead to the same contacts", () => {
  const sequences = fc.shuffledSubarray([...story, ...story, ...story], { minLength: 3 * story.length });
  fc.assert(
    fc.property(sequences, (sequence) => {
      using database = openDatabase(":memory:");
      for (const each of sequence) applyWebhook(database, each, now);
      expect(contactsOf(database)).toEqual(contacts);
    }),
  );
});

test("the result of each webhook is reported", () => {
  using database = openDatabase(":memory:");
  const [created, , , updated] = story;
  if (!created || !updated) throw new Error("The list of webhooks is incomplete.");
  expect(applyWebhook(database, updated, now)).toBe("applied");
  expect(applyWebhook(database, updated, now)).toBe("repeated");
  expect(applyWebhook(database, created, now)).toBe("outdated");
  expect(applyWebhook(database, created, now)).toBe("repeated");
  expect(applyWebhook(database, webhook(9, "plan.created", { id: 5 }), now)).toBe("ignored");
  expect(applyWebhook(database, webhook(10, "constructor.created", { id: 5 }), now)).toBe("ignored");
});

test("deleting an account marks its users as deleted", () => {
  using database = openDatabase(":memory:");
  const deleted = webhook(9, "account.deleted", account("Harbour & Sons"));
  for (const each of [...story, deleted]) applyWebhook(database, each, now);
  expect(contactsOf(database).map((row) => row["deleted_at"])).toEqual([
    "2026-03-09T00:00:00.000Z",
    "2026-03-08T00:00:00.000Z",
  ]);
});

test("a webhook that fails is rolled back and can be applied later", () => {
  using database = openDatabase(":memory:");
  const [created] = story;
  if (!created) throw new Error("The list of webhooks is incomplete.");
  const without = webhook(1, "account.created", { org_name: "Nobody's" });
  expect(() => applyWebhook(database, without, now)).toThrow("no id");
  expect(applyWebhook(database, created, now)).toBe("applied");
});
