import { flushSync } from "react-dom";
import { expect, test } from "vitest";
import type { Account } from "../../api/accounts.ts";
import { type Answers, click, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { AccountActions } from "./account-actions.tsx";
import { UserList } from "./user-list.tsx";

const session = { allowedActions: new Set(["administer-portal"]) };
const account = (state: Account["state"]): Account => ({
  id: 4,
  state,
  org_name: "Quay Books",
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
  credit_card_stored: false,
  monthly_billing_enabled: true,
  monthly_charging_enabled: true,
  annotations: {},
  links: [],
});
const answers: Answers = {
  "POST accounts/4/suspend": [204, undefined],
  "PUT accounts/4/reject": [200, {}],
  "PUT accounts/4/make_pending": [200, {}],
  "PUT accounts/4/approve": [200, {}],
  "GET accounts/4/users": [200, { users: [{ user: { id: 6, username: "mira", role: "admin", state: "active" } }] }],
  "PUT accounts/4/users/6/suspend": [200, {}],
  "PUT accounts/4/users/6/member": [200, {}],
  "DELETE accounts/4/users/6": [200, {}],
};

const dialog = () => document.querySelector("[role=dialog]")?.textContent;

test.each([
  ["Suspend", "approved", "POST accounts/4/suspend", "until you resume the account, which makes it approved"],
  ["Suspend", "pending", "POST accounts/4/suspend", "until you resume the account, which makes it approved"],
  ["Reject", "pending", "PUT accounts/4/reject", "Its admins get an email."],
  ["Make pending", "approved", "PUT accounts/4/make_pending", "until you approve the account"],
] as const)("%s of an account in the state %s requires confirmation", async (title, state, request, expectedText) => {
  const { changes } = showInPortal(<AccountActions account={account(state)} />, { answers, session });
  await click("Actions");
  await click(title);
  await waitFor(() => expect(dialog()).toContain(expectedText));
  expect(dialog()).toContain("get a webhook");
  expect(changes()).toEqual([]);
  await click(title);
  await waitFor(() => expect(changes().map((each) => each.request)).toEqual([request]));
  await waitFor(() => expect(dialog()).toBeUndefined());
});

test("a member reads that only an admin can undo that an account is pending", async () => {
  showInPortal(<AccountActions account={account("approved")} />, { answers, session: { allowedActions: new Set() } });
  await click("Actions");
  await click("Make pending");
  await waitFor(() => expect(dialog()).toContain("cannot sign in until an admin approves the account"));
});

test.each([
  ["\u05d7\u05d1\u05e8\u05d4 (ACME) 24", "Suspend \u2068\u05d7\u05d1\u05e8\u05d4 (ACME) 24\u2069?"],
  ["\u202eskooB yauQ\u2066", "Suspend skooB yauQ?"],
] as const)("the name %j in a question does not reorder the words beside it", async (org_name, title) => {
  showInPortal(<AccountActions account={{ ...account("approved"), org_name }} />, { answers, session });
  await click("Actions");
  await click("Suspend");
  await waitFor(() => expect(dialog()).toContain(title));
});

test("approving an account requires no confirmation", async () => {
  const { changes } = showInPortal(<AccountActions account={account("pending")} />, { answers, session });
  await click("Actions");
  await click("Approve");
  await waitFor(() => expect(changes().map((each) => each.request)).toEqual(["PUT accounts/4/approve"]));
});

test.each([
  ["Suspend", "PUT accounts/4/users/6/suspend", "until you unsuspend"],
  ["Make a member", "PUT accounts/4/users/6/member", "until you make mira an admin again"],
  ["Delete", "DELETE accounts/4/users/6", "cannot be restored"],
])(
  "%s of a user requires confirmation, and the dialog names the consequences",
  async (title, request, expectedText) => {
    const { changes } = showInPortal(<UserList accountId={4} />, { answers, session });
    await click("Actions for mira");
    await click(title);
    await waitFor(() => expect(dialog()).toContain(expectedText));
    expect(dialog()).toContain("get a webhook");
    expect(changes()).toEqual([]);
    await click(title);
    await waitFor(() => expect(changes().map((each) => each.request)).toEqual([request]));
  },
);

test("the dialog of an erasure names the consequences and has a choice for pending deliveries", async () => {
  const { changes } = showInPortal(<AccountActions account={account("approved")} />, {
    answers: { "POST erasures": [201, { id: 9 }] },
    session,
  });
  await click("Actions");
  await click("Erase personal data");
  await waitFor(() => expect(dialog()).toContain("This deletes the account with its users and applications."));
  expect(dialog()).toContain("cannot be undone");
  flushSync(() => document.querySelector<HTMLElement>("#erase-send")?.click());
  expect(changes()).toEqual([]);
  await click("Erase personal data");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "POST erasures", body: { account_id: 4, pending: "send" } }]),
  );
});

test("the personal data of a user is erased without the account", async () => {
  const { changes } = showInPortal(<UserList accountId={4} />, {
    answers: { ...answers, "POST erasures": [201, { id: 9 }] },
    session,
  });
  await click("Actions for mira");
  await click("Erase personal data");
  await waitFor(() => expect(dialog()).toContain("This deletes the user."));
  await click("Erase personal data");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "POST erasures", body: { user_id: 6, pending: "cancel" } }]),
  );
});
