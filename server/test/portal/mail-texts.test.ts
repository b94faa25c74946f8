import { expect } from "vitest";
import type { MailedNotification } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  accountStateMail,
  activationMail,
  applicationAcceptedMail,
  applicationRejectedMail,
  emailChangedMail,
  insertNotificationMails,
  invitationMail,
  listMails,
  lostPasswordMail,
  messageMail,
  passwordChangedMail,
  type NewMail,
  type NotificationMail,
  notificationMails,
  planDecisionMail,
  subscriptionApprovedMail,
  subscriptionRejectedMail,
} from "#portal/mails/index.ts";
import type * as mailTexts from "#portal/mails/mail-texts.ts";
import { adminCookie } from "../support/admin-cookie.ts";
import { test } from "../support/test.ts";
import { byApi, setUp } from "./portal-fixture.ts";

const person = { provider: { name: "Acme" }, recipient: "nora@fjord.example", username: "nora", orgName: "Fjord" };

const url = "https://acme.example/c0de";
const noMail = { subject: "", text: "" };

const inPortal = { ...person, portalUrl: "https://acme.example" };

/** Renders each mail, with all names being `name`. A mail that is left out does not compile. */
const mailsWithName: Readonly<
  Record<keyof typeof mailTexts, (name: string, pool: Pool) => NewMail | Promise<NewMail | undefined>>
> = {
  activationMail: (name) => activationMail({ ...person, provider: { name }, url }),
  invitationMail: (name) => invitationMail({ ...person, provider: { name }, orgName: name, inviter: name, url }),
  lostPasswordMail: (name) => lostPasswordMail({ ...person, provider: { name }, url }),
  emailChangedMail: (name) => emailChangedMail({ ...person, provider: { name }, isOfTeam: true }),
  passwordChangedMail: (name) => passwordChangedMail({ ...person, provider: { name }, isOfTeam: false }),
  accountStateMail: (name) =>
    accountStateMail({ ...person, provider: { name }, orgName: name, state: "approved", logInUrl: url }),
  applicationAcceptedMail: (name) =>
    applicationAcceptedMail({ ...inPortal, provider: { name }, name, applicationId: 3 }),
  planDecisionMail: (name) => {
    const names = { application: name, requested: name, plan: name };
    return planDecisionMail({ ...inPortal, provider: { name }, ...names, decision: "other", path: "/account" });
  },
  applicationRejectedMail: (name) => applicationRejectedMail({ ...inPortal, provider: { name }, name, reason: "" }),
  subscriptionApprovedMail: (name) => subscriptionApprovedMail({ ...inPortal, provider: { name }, name }),
  subscriptionRejectedMail: (name) => subscriptionRejectedMail({ ...inPortal, provider: { name }, name }),
  messageMail: (name) => messageMail({ ...person, provider: { name }, subject: "Prices", body: "Less.", url }),
};

/** Renders each notification, with all names being `name`. One that is left out does not compile. */
const notificationsWithName: Readonly<Record<MailedNotification, (of: AllNames) => NotificationMail>> = {
  ...notificationMails,
  message_received: (of) => notificationMails.message_received({ ...of, message: sentMessage }),
  service_contract_created: (of) => notificationMails.service_contract_created({ ...of, access: "requested" }),
};

const sentMessage = { id: 4, subject: "Prices", body: "When?" };

type AllNames = ReturnType<typeof allNames>;

const allNames = (name: string) => ({
  account: { id: 1, orgName: name },
  product: { id: 2, name },
  application: { id: 3, name },
  plan: name,
  from: name,
  to: name,
  productIds: [2],
  isPending: true,
  access: "pending" as const,
});

/** Returns the mail that the admin of a provider with this name gets. */
async function mailToAdmin(
  pool: Pool,
  name: string,
  notification: (of: AllNames) => NotificationMail,
): Promise<NewMail | undefined> {
  const { provider } = await setUp(pool);
  await adminCookie(pool, provider.id);
  await pool.query("update provider_users set notifications = $2 where provider_id = $1", [provider.id, allOn]);
  const change = { provider: { id: provider.id, name }, by: { ...byApi, adminPortalUrl: url } };
  await pool.inTransaction((tx) => insertNotificationMails(tx, change, [notification(allNames(name))]));
  return (await listMails(pool, provider.id, { limit: 1 })).rows[0];
}

const allOn = Object.fromEntries(Object.keys(notificationMails).map((name) => [name, true]));

const renderedMails = [
  ...Object.entries(mailsWithName),
  ...Object.entries(notificationsWithName).map(
    ([name, notification]) => [name, (text: string, pool: Pool) => mailToAdmin(pool, text, notification)] as const,
  ),
];

test.for(renderedMails)(
  "names cannot add paragraphs, links or bidirectional text to a mail: %s",
  async ([, render], { sharedPool: pool }) => {
    const name = `Acme\r\n\r\nYour account is locked: https://evil.example/${"x".repeat(300)}\u202e\u2028`;
    const { subject, text } = (await render(name, pool)) ?? noMail;
    expect(subject).toMatch(/^Acme Your account is locked: https evil\.example\/x+…: [^\r\n]+$/);
    expect(subject.length).toBeLessThan(270);
    expect(text).not.toMatch(/\u202e|\u2028|\r|https:\/\/evil/);
    const lines = (await render("Acme", pool))?.text.split("\n");
    expect(text.split("\n").length).toBe(lines?.length);
  },
);

test("an invitation has no domain in the name of the organization, which would be a link to the invited stranger", () => {
  const names = { orgName: "a prize: log in at www.evil.example/win.", inviter: "nora" };
  const { subject, text } = invitationMail({ ...person, ...names, provider: { name: "acme.example" }, url });
  expect(subject).toBe("acme.example: join a prize: log in at www\u2024evil\u2024example/win.");
  expect(text).toMatch(/^nora invites you to join "a prize: .*" at acme\.example\. Open this link/m);
  expect(text).not.toContain("evil.example");
});

test("each line of what a developer wrote is marked as quoted, and a long text is cut", async ({
  sharedPool: pool,
}) => {
  const body = `Hi\r\n\r\nYour account is locked\u2028https://evil.example/\u202e\v\n${"x".repeat(2000)}`;
  const { subject, text } =
    (await mailToAdmin(pool, "Acme", (of) =>
      notificationMails.message_received({ ...of, message: { id: 4, subject: "Hi\r\nBcc: all", body } }),
    )) ?? noMail;
  expect(subject).toBe("Acme: message from Acme: Hi Bcc: all");
  const [, , quoted = "", page] = text.split("\n\n");
  const lines = ["> Hi", "> Bcc: all", "> ", "> Hi", "> ", "> Your account is locked", "> https://evil.example/", "> "];
  expect(quoted.split("\n")).toEqual([...lines, expect.stringMatching(/^> x{900,999}…$/)]);
  expect(page).toBe(`${url}/p/admin/messages/4`);
});
