import { expect, onTestFinished, test, vi } from "vitest";
import { click } from "../testing/show-in-portal.tsx";
import { says, showPage } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

test("after a sign-in in another tab, signing out ends the new session", async () => {
  showPage("/nowhere", {}, { userId: 1, userName: "ada", csrfToken: "first" });
  await says("There is no such page");
  const present = JSON.stringify({ userId: 1, csrfToken: "second" });
  vi.stubGlobal(
    "fetch",
    async () => new Response(`<script id="bellwire-session" type="application/json">${present}</script>`),
  );
  const tokens: unknown[] = [];
  const submits = vi.spyOn(HTMLFormElement.prototype, "requestSubmit");
  onTestFinished(() => submits.mockRestore());
  submits.mockImplementation(function submit(this: HTMLFormElement) {
    tokens.push(new FormData(this).get("form_token"));
  });
  await click("Signed in as ada");
  await click("Sign out");
  await waitFor(() => expect(tokens).toEqual(["second"]));
});

test("the number of failures is written as in the lists", async () => {
  showPage("/nowhere", { "GET /api/v1/failures/count": () => [200, { count: 10_103, muted: 3 }] });
  await says("10,100");
  expect(document.querySelector("[aria-label='10,100 failures']")?.textContent).toBe("10,100");
});
