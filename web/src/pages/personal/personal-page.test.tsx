import { expect, test } from "vitest";

import { click, fill, findButton, showInPortal, type Answers } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { PersonalPage } from "./personal-page.tsx";

const user = { id: 5, username: "mia", email: "mia@acme.test", role: "member", state: "active" };

const session = {
  is_current: false,
  created_at: "2026-12-01T08:00:00Z",
  last_used_at: "2026-12-02T08:00:00Z",
  expires_at: "2099-12-02T08:00:00Z",
  operating_system: "Windows",
  address: "203.0.113.7",
};
const here = { ...session, id: "a".repeat(32), browser: "Firefox", is_current: true };
const lost = { ...session, id: "b".repeat(32), browser: "Chrome" };
const unknown = {
  ...session,
  id: "c".repeat(32),
  browser: null,
  operating_system: null,
  address: null,
  last_used_at: null,
};

const answers: Answers = {
  "GET users/5": [200, { user }],
  "PUT users/5": [200, { user }],
  "GET sessions": [200, { data: [here, lost, unknown] }],
};

test("the user's sessions are listed, and another one can be ended, but not this one", async () => {
  const { changes } = showInPortal(<PersonalPage />, {
    answers: { ...answers, [`DELETE sessions/${lost.id}`]: [204, null] },
  });
  await says("Firefox on Windows");
  const row = (place: number): string => document.querySelectorAll("tbody tr")[place]?.textContent ?? "";
  expect(row(0)).toContain("This session");
  expect(row(1)).not.toContain("This session");
  expect(row(2)).toMatch(/^Unknown browserUnknownUnknown/);
  expect(document.querySelectorAll("tbody button")).toHaveLength(2);
  await click("Actions for Chrome on Windows");
  await click("End");
  await says("Whoever uses that browser has to sign in again");
  expect(changes()).toEqual([]);
  await click("End session");
  await waitFor(() => expect(changes()).toEqual([{ request: `DELETE sessions/${lost.id}` }]));
  await says("The session was ended");
});

test("all other sessions are ended at once, after a question", async () => {
  const { changes } = showInPortal(<PersonalPage />, {
    answers: { ...answers, "POST sessions/end_others": [200, { ended: 2 }] },
  });
  await says("Firefox on Windows");
  await click("Sign out everywhere else");
  expect(changes()).toEqual([]);
  await click("Sign out");
  await says("You were signed out everywhere else");
  expect(changes()).toEqual([{ request: "POST sessions/end_others" }]);
});

test("a user with one session is not offered to sign out elsewhere", async () => {
  showInPortal(<PersonalPage />, { answers: { ...answers, "GET sessions": [200, { data: [here] }] } });
  await says("Firefox on Windows");
  expect(document.body.textContent).not.toContain("everywhere else");
});

test("a user's own name is changed and shown at once", async () => {
  const { changes, renewSession } = showInPortal(<PersonalPage />, { answers, session: { role: "member" } });
  await fill("username", "mia.k");
  await fill("profile_password", "a long password");
  await click("Save profile");
  await waitFor(() => expect(renewSession).toHaveBeenCalledOnce());
  const body = { username: "mia.k", current_password: "a long password" };
  expect(changes()).toEqual([{ request: "PUT users/5", body }]);
});

test("a password that the browser fills in is no change to save", async () => {
  showInPortal(<PersonalPage />, { answers });
  await fill("profile_password", "a long password");
  await fill("current_password", "a long password");
  for (const name of ["Save profile", "Change password"]) {
    expect(findButton(name).getAttribute("aria-disabled")).toBe("true");
  }
});

test.each([
  ["username", "mia.k"],
  ["password", "another horse battery"],
])("a typed %s is not lost with another page without a question", async (id, text) => {
  const page = showPage("/personal", { "GET /admin/api/users/5.json": () => [200, { user }] });
  await fill(id, text);
  void page.router.navigate({ to: "/bins" });
  await says("Leave without saving?");
  expect(page.address()).toBe("/personal");
});

test("users without a password are told what proves a change instead", async () => {
  const base = ["You sign in without a password. Sign out and in again"];
  const { changes } = showInPortal(<PersonalPage />, {
    answers: { ...answers, "PUT users/5": [422, { errors: { base } }] },
    session: { signsInWithPassword: false },
  });
  await fill("email", "mia@works.test");
  expect(document.querySelectorAll("[name=current_password]")).toHaveLength(0);
  expect(document.body.textContent).toContain("within 10 minutes after you have signed in");
  await click("Save profile");
  await waitFor(() => expect(document.body.textContent).toContain(base[0]));
  expect(changes()).toEqual([{ request: "PUT users/5", body: { email: "mia@works.test" } }]);
});

test("a new password requires the current one, and its rule is stated in advance", async () => {
  const errors = { current_password: ["is incorrect"] };
  const { changes } = showInPortal(<PersonalPage />, {
    answers: { ...answers, "PUT users/5": [422, { errors }] },
    session: { passwordLengthMin: 20 },
  });
  await fill("current_password", "wrong");
  await fill("password", "another horse battery");
  await fill("password_confirmation", "another horse battery");
  expect(document.getElementById("password-hint")?.textContent).toBe("20 characters or more");
  await click("Change password");
  await waitFor(() => {
    expect(document.getElementById("current_password-hint")?.textContent).toContain("is incorrect");
  });
  expect(changes()).toEqual([
    {
      request: "PUT users/5",
      body: {
        current_password: "wrong",
        password: "another horse battery",
        password_confirmation: "another horse battery",
      },
    },
  ]);
});

test("the invalid field of the submitted form gets the focus, not that of another form", async () => {
  const errors = { username: ["is taken"], current_password: ["is incorrect"] };
  showInPortal(<PersonalPage />, { answers: { ...answers, "PUT users/5": [422, { errors }] } });
  await fill("username", "olaf");
  await fill("profile_password", "wrong");
  await click("Save profile");
  await waitFor(() => expect(document.activeElement?.id).toBe("username"));
  await fill("current_password", "wrong");
  await fill("password", "another horse battery");
  await fill("password_confirmation", "another horse battery");
  await click("Change password");
  await waitFor(() => expect(document.activeElement?.id).toBe("current_password"));
});
