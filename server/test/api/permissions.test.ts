import { expect } from "vitest";
import { createProviderUser, createSession, scopes, type Role } from "#access/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import { operations } from "#http/account-management-api/index.ts";
import { memberSections } from "#portal/provider-account/index.ts";
import { test, type ProviderApi } from "./api-test.ts";

/** The callers that may use an operation besides admins: all, none, or members with one of these sections. */
type OpenTo = "all" | "admins" | readonly (typeof memberSections)[number][];

/** By tag, then by title for exceptions. */
const openTo: Readonly<Record<string, OpenTo>> = {
  Webhooks: "admins",
  Signup: ["partners"],
  Accounts: ["partners"],
  Messages: ["partners"],
  "Service subscriptions": [], // needs two sections
  "Bought plans": ["partners"],
  Users: ["partners"],
  "SSO tokens": ["partners"],
  Applications: ["partners"],
  "Application keys": ["partners"],
  "Account plans": ["plans"],
  "Service plans": ["plans"],
  "Application plans": ["plans"],
  Services: ["plans"],
  Features: ["partners", "plans"],
  "Features of plans": ["plans"],
  "Metrics and methods": ["partners", "plans"],
  Limits: ["plans"],
  "Pricing rules": ["plans"],
  ActiveDocs: ["plans"],
  "Fields definitions": ["settings"],
  Settings: ["settings"],
  "Authentication providers": "admins",
  "Access tokens": "all",
  "Notification preferences": "all",
  Provider: "admins",
  "Object status": "admins",

  "Account Approve": "admins",
  "Account Reject": "admins",
  "Account Delete": "admins",
  "User Create": "admins",
  "Service Subscription List (deprecated)": [], // needs two sections
  "Service Subscription Delete (deprecated)": [],
  "Account Set Credit Card": ["finance", "partners"],
  "Account Delete Credit Card": ["finance", "partners"],
  "Service Create": "admins",
  "Service Update": ["partners", "plans"],
  "Service Delete": "admins",
  "Service List": ["partners", "plans"],
  "Service Read": ["partners", "plans"],
  "Backend Usage List": ["partners", "plans"],
  "Application Plan List (all services)": ["partners", "plans"],
  "Application Plan List": ["partners", "plans"],
  "Application Plan Read": ["partners", "plans"],
  "Application Plan Feature List": ["partners", "plans"],
  "Application Plan Feature Create": ["partners", "plans"],
  "Application Plan Feature Delete": ["partners", "plans"],
  "Limits List per Application Plan": ["partners", "plans"],
  "Limits List per Metric": ["partners", "plans"],
  "Limit Read": ["partners", "plans"],
  "Pricing Rules List per Application Plan": ["partners", "plans"],
  "Pricing Rules List per Metric": ["partners", "plans"],
  "Fields Definitions List": ["partners", "settings"],
  "Fields Definition Read": ["partners", "settings"],
  "User Read (provider account)": "all",
  "User Update (provider account)": "all",
  "User Permissions Read": "all",
  "Provider Account Read": "all",
};

const isOpenTo = ({ tag, title }: (typeof operations)[number], sections: readonly string[]): boolean => {
  const to = openTo[title] ?? openTo[tag] ?? "admins";
  return to === "all" || (to !== "admins" && to.some((section) => sections.includes(section)));
};

interface SignedIn {
  readonly userId: number;
  readonly headers: Readonly<Record<string, string>>;
}

const signIn = ({ pool, provider }: ProviderApi, now: Date, of: { role: Role; sections: readonly string[] }) =>
  pool.inTransaction(async (tx): Promise<SignedIn> => {
    const user = { providerId: provider.id, username: "ada", passwordHash: "none", ...of };
    const { id: userId } = await createProviderUser(tx, user);
    const session = { providerId: provider.id, audience: "admin", userId, now } as const;
    const { cookieValue, csrfToken } = await createSession(tx, session);
    return { userId, headers: { cookie: `bellwire_admin=${cookieValue}`, "x-csrf-token": csrfToken } };
  });

/** Fills a path with the caller's own id, so that operations on oneself are allowed. */
const urlOf = ({ path }: Operation, id: number): string => `/admin/api${path.replaceAll(/\{\w+\}/g, String(id))}.json`;

test.for([
  ["no section", []],
  ...memberSections.map((section): [string, string[]] => [`the section ${section}`, [section]]),
] as const)("a member with %s can use exactly the listed operations", async ([, sections], { api, clock }) => {
  const { userId, headers } = await signIn(api, clock.now(), { role: "member", sections });
  for (const operation of operations) {
    const { method, title } = operation;
    const { body } = await api.sendWithoutToken({ method, url: urlOf(operation, userId), headers, payload: {} });
    expect([title, body !== '{"status":"Forbidden"}']).toEqual([title, isOpenTo(operation, sections)]);
  }
});

test.for(scopes)(
  "an admin's token with the scope %s can use exactly the operations of that scope",
  async (scope, { api }) => {
    const headers = { authorization: `Bearer ${await api.addToken({ scopes: [scope] })}` };
    for (const operation of operations) {
      const { method, title } = operation;
      const { body } = await api.sendWithoutToken({ method, url: urlOf(operation, 1), headers, payload: {} });
      const isOpen = scope === "account_management" || (scope === "finance" && title.endsWith("Credit Card"));
      expect([title, !body.includes("does not have the correct permissions")]).toEqual([title, isOpen]);
    }
  },
);

test("a read-only token can use exactly the operations that read", async ({ api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  for (const operation of operations) {
    const { method, title } = operation;
    const { body } = await api.sendWithoutToken({ method, url: urlOf(operation, 1), headers, payload: {} });
    expect([title, !body.includes("does not have the correct permissions")]).toEqual([title, method === "GET"]);
  }
});

test("members need the sections of accounts and of plans for service subscriptions", async ({ api, clock }) => {
  const { headers } = await signIn(api, clock.now(), { role: "member", sections: ["partners", "plans"] });
  const concerned = operations.filter(({ path }) => /\/service_(contracts|subscriptions)/.test(path));
  expect(concerned.length).toBeGreaterThan(7);
  for (const operation of concerned) {
    const request = { method: operation.method, url: urlOf(operation, 1), headers, payload: {} };
    const { body } = await api.sendWithoutToken(request);
    expect([operation.title, body]).toEqual([operation.title, '{"status":"Not found"}']);
  }
});
