import { expect, test } from "vitest";

import { click, fill, findButton, showInPortal, type Answers } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { PersonalPage } from "./personal-page.tsx";

const user = { id: 5, username: "mia", email: "mia@acme.test", role: "member", state: "active" };
const answers: Answers = { "GET users/5": [200, { user }], "PUT users/5": [200, { user }] };

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
