import { expect, test, vi } from "vitest";

import { type Answers, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { says, showPage } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { AccessTokensPage, CreateTokenDialog } from "./access-tokens-page.tsx";

const pressEscape = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));

test("a new token stays visible until its button confirms the copy", async () => {
  const onClose = vi.fn<() => void>();
  showInPortal(<CreateTokenDialog onClose={onClose} />, {
    answers: { "POST personal/access_tokens": [201, { access_token: { value: "s3cret" } }] },
  });
  await waitFor(() => expect(document.querySelector("[role=dialog]")).not.toBeNull());
  pressEscape();
  expect(onClose).toHaveBeenCalledTimes(1); // nothing is lost yet
  await fill("name", "billing");
  await fill("current_password", "a long password");
  await click("Create");
  await waitFor(() =>
    expect(document.querySelector<HTMLInputElement>("[aria-label='Access token']")?.value).toBe("s3cret"),
  );
  pressEscape();
  expect(document.querySelector("[role=dialog] [aria-label=Close]")).toBeNull();
  expect(onClose).toHaveBeenCalledTimes(1);
  await click("I copied the token");
  expect(onClose).toHaveBeenCalledTimes(2);
});

test("a page with a token that is shown only once is not left without a question", async () => {
  const page = showPage("/access-tokens", {
    "GET /admin/api/personal/access_tokens.json": () => [200, { access_tokens: [] }],
    "POST /admin/api/personal/access_tokens.json": () => [201, { access_token: { value: "s3cret" } }],
  });
  await click("Create a token");
  await fill("name", "billing");
  await fill("current_password", "a long password");
  await click("Create");
  await says("Your new token");
  page.router.history.push("/personal");
  await says("Leave without a copy of the token?");
  await click("Stay on this page");
  expect(document.querySelector<HTMLInputElement>("[aria-label='Access token']")?.value).toBe("s3cret");
  await click("I copied the token");
  page.router.history.push("/personal");
  await waitFor(() => expect(page.address()).toBe("/personal"));
});

test("members are offered only the scopes that their sections include", async () => {
  const { changes } = showInPortal(<CreateTokenDialog onClose={() => undefined} />, {
    answers: { "POST personal/access_tokens": [201, { access_token: { value: "s3cret" } }] },
    session: { role: "member", tokenScopes: new Set(["finance"]) },
  });
  await fill("name", "billing");
  await fill("current_password", "a long password");
  expect(Array.from(document.querySelectorAll("[role=dialog] [type=checkbox]"), ({ id }) => id)).toEqual([
    "scope_finance",
  ]);
  await click("Create");
  await waitFor(() => expect(changes()[0]?.body).toMatchObject({ scopes: ["finance"] }));
});

test.each([
  [["account_management", "finance"], ["scope_account_management"]],
  [["finance", "stats"], []],
  [["stats"], ["scope_stats"]],
])("of the scopes %j a new token has at first %j", async (usable, expected) => {
  showInPortal(<CreateTokenDialog onClose={() => undefined} />, {
    answers: {},
    session: { role: "member", tokenScopes: new Set(usable) },
  });
  await waitFor(() => expect(document.getElementById("permission")).not.toBeNull());
  const boxes = [...document.querySelectorAll<HTMLInputElement>("[role=dialog] [type=checkbox]")];
  expect(boxes.filter(({ checked }) => checked).map(({ id }) => id)).toEqual(expected);
});

test("members without a section of a scope are told so instead of offered a useless token", async () => {
  const answers: Answers = { "GET personal/access_tokens": [200, { access_tokens: [] }] };
  showInPortal(<AccessTokensPage />, { answers, session: { role: "member", tokenScopes: new Set() } });
  await waitFor(() => expect(document.body.textContent).toContain("You have no access tokens"));
  expect(document.body.textContent).toContain("Your permissions include no scope of a token.");
  expect(document.body.textContent).not.toContain("Create a token");
});

test("a new token requires the current password, and a wrong one can be corrected", async () => {
  const errors = { current_password: ["is incorrect"] };
  const { changes } = showInPortal(<CreateTokenDialog onClose={() => undefined} />, {
    answers: { "POST personal/access_tokens": [422, { errors }] },
  });
  await fill("name", "billing");
  await fill("current_password", "a wrong password");
  await click("Create");
  await waitFor(() => {
    expect(document.getElementById("current_password-hint")?.textContent).toContain("is incorrect");
  });
  expect(document.querySelector<HTMLInputElement>("#name")?.value).toBe("billing");
  expect(changes()[0]?.body).toMatchObject({ name: "billing", current_password: "a wrong password" });
});

test("users without a password are told what proves a new token instead", async () => {
  const base = ["You sign in without a password. Sign out and in again"];
  const { changes } = showInPortal(<CreateTokenDialog onClose={() => undefined} />, {
    answers: { "POST personal/access_tokens": [422, { errors: { base } }] },
    session: { signsInWithPassword: false },
  });
  await fill("name", "billing");
  expect(document.querySelectorAll("[name=current_password]")).toHaveLength(0);
  expect(document.body.textContent).toContain("within 10 minutes after you have signed in");
  await click("Create");
  await waitFor(() => expect(document.body.textContent).toContain(base[0]));
  expect(changes()[0]?.body).not.toHaveProperty("current_password");
});

test("the expiry is a time in the provider's time zone, as everywhere", async () => {
  const { changes } = showInPortal(<CreateTokenDialog onClose={() => undefined} />, {
    answers: { "POST personal/access_tokens": [201, { access_token: { value: "s3cret" } }] },
    session: { timeZone: "Asia/Tokyo" },
  });
  await fill("name", "billing");
  await fill("current_password", "a long password");
  await fill("expires_at", "2030-01-01T09:00");
  await click("Create");
  await waitFor(() => expect(changes()[0]?.body).toMatchObject({ expires_at: "2030-01-01T00:00:00.000Z" }));
});
