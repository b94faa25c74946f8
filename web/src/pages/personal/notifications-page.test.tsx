import { expect, test } from "vitest";
import { mailedNotifications } from "../../api/facts.ts";
import type { NotificationPreferences } from "../../api/team.ts";
import { type Answers, click, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { NotificationsPage } from "./notifications-page.tsx";

const notification_preferences: Partial<NotificationPreferences> = {
  account_created: false,
  account_plan_change_requested: true,
  csv_data_export: true,
};
const user = { id: 5, username: "mia", email: "mia@acme.test", role: "member", state: "active" };
const path = "personal/notification_preferences";
const answers: Answers = {
  [`GET ${path}`]: [200, { notification_preferences }],
  [`PATCH ${path}`]: [200, { notification_preferences }],
  "GET users/5": [200, { user }],
};

const checks = (): readonly HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("[type=checkbox]")];
const groups = (): readonly unknown[] =>
  [...document.querySelectorAll("[role=group] > div:first-child")].map((label) => label.textContent.trim());

test("there is a check for each notification that Bellwire mails, which is on as the user has chosen", async () => {
  showInPortal(<NotificationsPage />, { answers });
  await waitFor(() => expect(checks().length).toBeGreaterThan(0));
  expect(
    checks()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(Object.keys(mailedNotifications));
  expect(checks().flatMap(({ id, checked }) => (checked ? [id] : []))).toEqual(["account_plan_change_requested"]);
});

test("only edits are sent", async () => {
  const { changes } = showInPortal(<NotificationsPage />, { answers });
  await waitFor(() => expect(checks().length).toBeGreaterThan(0));
  for (const name of ["account_created", "account_plan_change_requested", "service_deleted", "service_deleted"])
    document.getElementById(name)?.click();
  await click("Save preferences");
  const body = { account_created: true, account_plan_change_requested: false, service_deleted: false };
  await waitFor(() => expect(changes()).toEqual([{ request: `PATCH ${path}`, body }]));
});

test.for([
  ["partners", "account_management", ["Accounts", "Applications", "Products"]],
  ["finance", "finance", ["Billing"]],
] as const)("a member with the section %s sees its notifications only", async ([, scope, expected]) => {
  showInPortal(<NotificationsPage />, { answers, session: { role: "member", tokenScopes: new Set([scope]) } });
  await waitFor(() => expect(groups()).toEqual(expected));
});

test("a member who does not see subscriptions is not offered their notifications", async () => {
  const pages = new Map([["account-plans", false]]);
  showInPortal(<NotificationsPage />, { answers, session: { role: "member", pages } });
  await waitFor(() => expect(checks().length).toBeGreaterThan(0));
  expect(checks().flatMap(({ id }) => (id.startsWith("service_") ? [id] : []))).toEqual(["service_deleted"]);
});

test("a member of another section is told that there are none", async () => {
  showInPortal(<NotificationsPage />, { answers, session: { role: "member", tokenScopes: new Set(["cms"]) } });
  await waitFor(() => expect(document.body.textContent).toContain("There are no notifications for your sections."));
});

test("a user without an email address is told that nothing is sent", async () => {
  const nowhere = { ...user, email: null };
  showInPortal(<NotificationsPage />, { answers: { ...answers, "GET users/5": [200, { user: nowhere }] } });
  await waitFor(() => expect(document.body.textContent).toContain("you have no email address"));
});
