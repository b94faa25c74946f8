import { expect, test } from "vitest";

import { click, fill, showInPortal, type Answers } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { TeamPage } from "./team-page.tsx";

const mia = { id: 5, username: "mia", email: "mia@acme.test", role: "admin", state: "active" };
const olaf = { id: 6, username: "olaf", email: "olaf@acme.test", role: "admin", state: "active" };
const answers: Answers = {
  "GET users": [200, { users: [{ user: mia }, { user: olaf }] }],
  "GET users/6": [200, { user: olaf }],
  "PUT users/6": [200, { user: olaf }],
  "PUT users/6/suspend": [200, { user: olaf }],
  "PUT users/6/member": [200, { user: olaf }],
};

const menu = async (of: string): Promise<string[]> => {
  await click(`Actions for ${of}`);
  return waitFor(() => {
    const items = [...document.querySelectorAll("[role=menuitem]")].map((element) => element.textContent.trim());
    expect(items).not.toEqual([]);
    return items;
  });
};

test("actions that could lock out the user are not offered on the user's own row", async () => {
  const { path } = showInPortal(<TeamPage />, { answers });
  expect(await menu("mia")).toEqual(["Personal settings"]);
  await click("Personal settings");
  await waitFor(() => expect(path()).toBe("/personal"));
});

test.each([
  ["Suspend", "suspend", "Suspend olaf?"],
  ["Make a member", "member", "Make olaf a member?"],
])("%s requires confirmation", async (title, operation, question) => {
  const { changes } = showInPortal(<TeamPage />, { answers });
  expect(await menu("olaf")).toEqual(["Edit", "Suspend", "Make a member", "Delete"]);
  await click(title);
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain(question));
  expect(changes()).toEqual([]);
  await click(title);
  await waitFor(() => expect(changes()).toEqual([{ request: `PUT users/6/${operation}`, body: {} }]));
  await waitFor(() => expect(document.querySelector("[role=dialog]")).toBeNull());
});

test("a colleague's names are changed, and the password stays unless one is entered", async () => {
  const { changes } = showInPortal(<TeamPage />, { answers });
  await menu("olaf");
  await click("Edit");
  await fill("email", "olaf.b@acme.test");
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT users/6", body: { email: "olaf.b@acme.test" } }]));
});

test("an email that another admin saves meanwhile is replaced only by saving again", async () => {
  const changed = { user: { ...olaf, email: "olaf@new.test", username: "olaf2" } };
  const { changes } = showInPortal(<TeamPage />, { answers: { ...answers, "GET users/6": [200, changed] } });
  await menu("olaf");
  await click("Edit");
  await fill("email", "olaf.b@acme.test");
  await click("Save");
  const hint = () => document.getElementById("email-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “olaf@new.test” by somebody else. Save again"));
  expect(changes()).toEqual([]);
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT users/6", body: { email: "olaf.b@acme.test" } }]));
});
