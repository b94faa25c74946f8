import { expect, test } from "vitest";
import { type Answer, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { PlanRequestNotice } from "./account-page.tsx";

const account = {
  id: 4,
  state: "approved",
  org_name: "Quay Books",
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
};
const invitation = {
  id: 8,
  email: "nora@quay.test",
  accepted_at: null,
  sent_at: account.created_at,
  expires_at: "2099-01-01T00:00:00Z",
  created_at: account.created_at,
};
const definition = { id: 1, target: "Account", name: "org_name", label: "Organization", choices: [], position: 1 };

test("an organization's new name is refreshed in the lists of applications", async () => {
  const page = showPage("/accounts/4", {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "PUT /admin/api/accounts/4.json": () => [200, { account }],
    "GET /admin/api/fields_definitions.json": () => [200, { fields_definitions: [{ fields_definition: definition }] }],
  });
  const list = ["applications", "list", {}];
  page.queries.setQueryData(list, { applications: [], total: 0 });
  const id = await waitFor(
    () => document.querySelector("[name=org_name]")?.id ?? expect.fail("There is no such field."),
  );
  await fill(id, "Quay Press");
  await click("Save");
  await says("The account was updated");
  expect(page.queries.getQueryState(list)?.isInvalidated).toBe(true);
});

test("edited details are not lost with another page without a question, except with a deleted account", async () => {
  const fields_definitions = [{ fields_definition: definition }];
  const server: Server = {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "DELETE /admin/api/accounts/4.json": () => [204, {}],
    "GET /admin/api/fields_definitions.json": () => [200, { fields_definitions }],
  };
  const page = showPage("/accounts/4", server, { allowedActions: new Set(["administer-portal"]) });
  const id = await waitFor(
    () => document.querySelector("[name=org_name]")?.id ?? expect.fail("There is no such field."),
  );
  await fill(id, "Quay Press");
  void page.router.navigate({ to: "/bins" });
  await says("Leave without saving?");
  await click("Stay on this page");
  expect(document.querySelector<HTMLInputElement>("[name=org_name]")?.value).toBe("Quay Press");
  await click("Actions");
  await click("Delete");
  await says("Delete Quay Books?");
  await click("Delete");
  await waitFor(() => expect(page.address()).toBe("/accounts"));
});

test("a field that a colleague saves meanwhile is replaced only by saving again", async () => {
  let saved = account;
  const page = showPage("/accounts/4", {
    "GET /admin/api/accounts/4.json": () => [200, { account: saved }],
    "PUT /admin/api/accounts/4.json": () => [200, { account: saved }],
    "GET /admin/api/fields_definitions.json": () => [200, { fields_definitions: [{ fields_definition: definition }] }],
  });
  const id = await waitFor(
    () => document.querySelector("[name=org_name]")?.id ?? expect.fail("There is no such field."),
  );
  await fill(id, "Quay Press");
  saved = { ...account, org_name: "Quay House" };
  await click("Save");
  await says("was changed to “Quay House” by somebody else");
  expect(page.askedFor("PUT /admin/api/accounts/4.json")).toEqual([]);
  await click("Save");
  await says("The account was updated");
  expect(page.askedFor("PUT /admin/api/accounts/4.json").map(({ body }) => body)).toEqual([{ org_name: "Quay Press" }]);
});

test("a user's email that a colleague saves meanwhile is replaced only by saving again", async () => {
  const user = { id: 21, username: "mira", email: "mira@quay.test", role: "admin", state: "active" };
  const email = { ...definition, target: "User", name: "email", label: "Email" };
  const path = "/admin/api/accounts/4/users";
  const page = showPage("/accounts/4", {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    [`GET ${path}.json`]: () => [200, { users: [{ user }] }],
    [`GET ${path}/21.json`]: () => [200, { user: { ...user, email: "nora@quay.test" } }],
    [`PUT ${path}/21.json`]: () => [200, { user }],
    "GET /admin/api/fields_definitions.json": () => [200, { fields_definitions: [{ fields_definition: email }] }],
  });
  await click("Actions for mira");
  await click("Edit");
  const id = await waitFor(
    () => document.querySelector("[role=dialog] [name=email]")?.id ?? expect.fail("There is no such field."),
  );
  await fill(id, "m@quay.test");
  await click("Save");
  await says("was changed to “nora@quay.test” by somebody else");
  expect(page.askedFor(`PUT ${path}/21.json`)).toEqual([]);
  await waitFor(() => expect(document.querySelector("[role=dialog] .pf-m-in-progress")).toBeNull());
  const save = document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]");
  save?.click();
  await says("The user was updated");
  expect(page.askedFor(`PUT ${path}/21.json`).map(({ body }) => body)).toEqual([{ email: "m@quay.test" }]);
});

test("without a mail server, the message after an invitation or activation says where its link is", async () => {
  const user = { id: 21, username: "mira", email: "mira@quay.test", role: "admin", state: "pending" };
  const path = "/api/v1/accounts/4/invitations";
  const page = showPage(
    "/accounts/4",
    {
      "GET /admin/api/accounts/4.json": () => [200, { account }],
      "GET /admin/api/accounts/4/users.json": () => [200, { users: [{ user }] }],
      [`GET ${path}`]: () => [200, { data: [invitation] }],
      [`POST ${path}/8/resend`]: () => [200, invitation],
      "POST /api/v1/users/21/send_activation": () => [200, {}],
    },
    { mailIsSent: false, allowedActions: new Set(["administer-portal"]) },
  );
  await click("Actions for nora@quay.test");
  await click("Send again");
  await says("The invitation is ready, but no mail server sends it. Admins find its link on the page Emails");
  await click("Actions for mira");
  await click("Send activation email");
  await says("The activation email is ready, but no mail server sends it.");
  expect(page.askedFor(`POST ${path}/8/resend`)).toHaveLength(1);
});

test("the users of a large account are shown in portions: the applications are below, and thousands of rows freeze the browser", async () => {
  const users = Array.from({ length: 1250 }, (_, at) => ({
    user: { id: at + 1, username: `mira${at}`, email: `mira${at}@quay.test`, role: "member", state: "active" },
  }));
  showPage("/accounts/4", {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "GET /admin/api/accounts/4/users.json": () => [200, { users }],
  });
  const rows = () => document.querySelectorAll("[aria-label=Users] tbody tr").length;
  await waitFor(() => expect(rows()).toBe(20));
  await click("Show 100 more of 1,250");
  await waitFor(() => expect(rows()).toBe(120));
});

const request = {
  account_id: 4,
  org_name: "Quay Books",
  plan_id: 2,
  plan_name: "Gold",
  asked_by: "mira",
  created_at: "2026-03-01T09:00:00Z",
};

function show() {
  const answers: Record<string, Answer> = {
    "GET account_plan_requests?account_id=4": [200, { data: [request] }],
    "PUT accounts/4/change_plan": [200, {}],
    "DELETE accounts/4/plan_request": [204, undefined],
  };
  return { answers, ...showInPortal(<PlanRequestNotice accountId={4} />, { answers }) };
}

const page = () => document.body.textContent;

test("a plan request can be granted", async () => {
  const { changes } = show();
  await click("Change to Gold");
  await waitFor(() => expect(page()).toContain("The plan was changed"));
  expect(changes()).toEqual([{ request: "PUT accounts/4/change_plan", body: { plan_id: 2 } }]);
});

const silver = [{ ...request, plan_id: 3, plan_name: "Silver" }];

test.each([
  ["granted", "declined or granted", "Change to Gold", []],
  ["granted", "changed to another plan", "Change to Gold", silver],
  ["declined", "changed to another plan", "Decline", silver],
])(
  "nothing is %s if the plan request was %s meanwhile, and the notice is refreshed",
  async (_, _change, button, data) => {
    const { answers, changes } = show();
    await waitFor(() => expect(page()).toContain("mira requests the plan Gold"));
    answers["GET account_plan_requests?account_id=4"] = [200, { data }];
    await click(button);
    await waitFor(() => expect(page()).toContain("The request was already decided or changed"));
    expect(changes()).toEqual([]);
    await waitFor(() => expect(page()).not.toContain("Gold"));
    expect(page().includes("mira requests the plan Silver")).toBe(data.length > 0);
  },
);

test("declining a plan request that was decided meanwhile shows a notice instead of an error", async () => {
  const { answers } = show();
  await waitFor(() => expect(page()).toContain("mira requests the plan Gold"));
  const decided = (): Answer => {
    answers["GET account_plan_requests?account_id=4"] = [200, { data: [] }];
    return [404, { title: "There is no such thing.", code: "not-found" }];
  };
  Object.defineProperty(answers, "DELETE accounts/4/plan_request", { get: decided });
  await click("Decline");
  await waitFor(() => expect(page()).toContain("The request was already decided or changed"));
  await waitFor(() => expect(page()).not.toContain("Gold"));
  expect(page()).not.toContain("could not be declined");
});

const waiting = {
  subscription_id: 31,
  account_id: 4,
  org_name: "Quay Books",
  product_id: 7,
  product_name: "Ferries",
  plan_id: 2,
  plan_name: "Checked",
  requested_plan_id: null,
  requested_plan_name: null,
  asked_by: null,
  created_at: account.created_at,
};
const closed = "This request is not open any more";
const isLoaded = ({ queries, askedFor }: ReturnType<typeof showPage>): Promise<void> =>
  waitFor(() => {
    expect(askedFor("GET /api/v1/account_plan_requests")).not.toEqual([]);
    expect(askedFor("GET /api/v1/pending_subscriptions")).not.toEqual([]);
    expect(queries.isFetching()).toBe(0);
  });

test.each([
  ["plan", "for a plan", { plans: [request], subscriptions: [] }],
  ["subscription-7", "for access to a product", { plans: [], subscriptions: [waiting] }],
])("a mailed link with ?request=%s says that the request %s is closed, if it is", async (search, _what, open) => {
  const serverWith = ({ plans, subscriptions }: { plans: readonly object[]; subscriptions: readonly object[] }) =>
    ({
      "GET /admin/api/accounts/4.json": () => [200, { account }],
      "GET /api/v1/account_plan_requests": () => [200, { data: plans }],
      "GET /api/v1/pending_subscriptions": () => [200, { data: subscriptions }],
    }) satisfies Server;
  const session = { allowedActions: new Set(["change-plans"]) } as const;
  const approval = "PUT /admin/api/accounts/4/service_subscriptions/31/approve.json";
  const server = { ...serverWith(open), [approval]: () => [200, {}] } satisfies Server;
  const openPage = showPage(`/accounts/4?request=${search}`, server, session);
  await isLoaded(openPage);
  expect(shown()).not.toContain(closed);
  const isAccess = open.subscriptions.length > 0;
  if (isAccess) {
    await says("Access to Ferries waits for your approval");
    await click("Approve");
  }
  await waitFor(() => expect(openPage.askedFor(approval)).toHaveLength(isAccess ? 1 : 0));
  // Not after a decision on this page.
  openPage.queries.setQueryData(["accounts", "one", 4, "plan requests"], []);
  await waitFor(() => expect(shown()).not.toContain("requests the plan"));
  expect(shown()).not.toContain(closed);

  showPage(
    `/accounts/4?request=${search}`,
    serverWith({ plans: [], subscriptions: [{ ...waiting, product_id: 8 }] }),
    session,
  );
  await says(closed);
  const other = showPage("/accounts/4", serverWith({ plans: [], subscriptions: [] }), session);
  await isLoaded(other);
  expect(shown()).not.toContain(closed);
});

test("the deletion of an invitation or a user that a colleague has deleted is done, and closes its dialog", async () => {
  const user = { id: 21, username: "mira", email: "mira@quay.test", role: "member", state: "active" };
  const gone = new Set<string>();
  const deleteGone = (name: string, body: object) => () => {
    gone.add(name);
    return [404, body] as const;
  };
  const server: Server = {
    "GET /admin/api/accounts/4.json": () => [200, { account }],
    "GET /api/v1/accounts/4/invitations": () => [200, { data: gone.has("invitation") ? [] : [invitation] }],
    "DELETE /api/v1/accounts/4/invitations/8": deleteGone("invitation", { title: "Not found.", code: "not-found" }),
    "GET /admin/api/accounts/4/users.json": () => [200, { users: gone.has("user") ? [] : [{ user }] }],
    "DELETE /admin/api/accounts/4/users/21.json": deleteGone("user", { status: "Not found" }),
  };
  showPage("/accounts/4", server, { allowedActions: new Set(["administer-portal"]) });
  for (const [name, done] of [
    [invitation.email, "The invitation was deleted"],
    [user.username, "The user was deleted"],
  ] as const) {
    await click(`Actions for ${name}`);
    await click("Delete");
    await waitFor(() => expect(document.querySelector("[role=dialog]")).not.toBe(null));
    await click("Delete");
    await says(done);
    await waitFor(() => expect(document.querySelector("[role=dialog]")).toBe(null));
  }
});

test.each([
  ["an admin", ["administer-portal"], true],
  ["a member with the section partners", [], false],
] as const)(
  "%s is offered only the buttons of the account's page that the server allows",
  async (_who, actions, isAdmin) => {
    const user = { id: 21, username: "mira", email: "mira@quay.test", role: "member", state: "active" };
    const server: Server = {
      "GET /admin/api/accounts/4.json": () => [200, { account }],
      "GET /admin/api/accounts/4/users.json": () => [200, { users: [{ user }] }],
      "GET /api/v1/accounts/4/invitations": () => [200, { data: [invitation] }],
    };
    showPage("/accounts/4", server, { allowedActions: new Set(actions) });
    await says(invitation.email);
    await says(user.username);
    const titles = () => [...document.querySelectorAll("a, button, [role=menuitem]")].map((each) => each.textContent);
    for (const title of ["Add a user", "Emails about this account", "Invite a user"])
      expect([title, titles().includes(title)]).toEqual([title, isAdmin]);
    expect(document.querySelector(`[aria-label="Actions for ${invitation.email}"]`) !== null).toBe(isAdmin);
    await click("Actions");
    await waitFor(() => expect(titles()).toContain("Make pending"));
    for (const title of ["Suspend", "Delete", "Erase personal data"])
      expect([title, titles().includes(title)]).toEqual([title, isAdmin]);
    await click("Actions");
    await waitFor(() => expect(titles()).not.toContain("Make pending"));
    await click(`Actions for ${user.username}`);
    expect(titles()).toContain("Edit");
    expect(titles().includes("Erase personal data")).toBe(isAdmin);
  },
);
