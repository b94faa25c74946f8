import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { expect, test } from "vitest";
import { type Session, SessionContext, holdSession } from "../api/session.tsx";
import { watchInput } from "../components/form/unsaved-input.ts";
import { exampleSession } from "../testing/examples.ts";
import { mount } from "../testing/in-portal.tsx";
import { click } from "../testing/show-in-portal.tsx";
import { says, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { SessionEndNotice, createSessionEnd } from "./session-end.tsx";

/** A page with a list's search field and a form, whose session ends. */
function showPageWithForm() {
  let signIns = 0;
  const sessionEnd = createSessionEnd(watchInput(document), () => void signIns++);
  const inSession = (session: Session) => (
    <SessionContext value={session}>
      <main>
        <input aria-label="Search" />
        <form>
          <input aria-label="Name" />
        </form>
        <SessionEndNotice sessionEnd={sessionEnd} />
      </main>
    </SessionContext>
  );
  const present = holdSession(exampleSession);
  const Page = () => inSession(useSyncExternalStore(present.subscribe, present.read));
  const page = mount(<Page />);
  return {
    signIns: () => signIns,
    end: (otherUser?: string) => flushSync(() => sessionEnd.report(otherUser)),
    poll: () => flushSync(() => sessionEnd.report(undefined, true)),
    signIn: () => flushSync(() => present.replace({ ...exampleSession, csrfToken: "of the next session" })),
    type: (label: string) =>
      page.querySelector(`[aria-label=${label}]`)?.dispatchEvent(new Event("input", { bubbles: true })),
    removeForm: () => page.querySelector("form")?.remove(),
  };
}

test("without form input, the session's end redirects to the sign-in page", () => {
  const page = showPageWithForm();
  page.type("Search");
  page.end();
  expect(page.signIns()).toBe(1);
  expect(shown()).not.toContain("Your session has ended");
});

test("with form input, the page stays, and a dialog offers a sign-in in another tab", async () => {
  const page = showPageWithForm();
  page.type("Name");
  page.end();
  expect(page.signIns()).toBe(0);
  await says("Your session has ended");
  const link = document.querySelector<HTMLAnchorElement>("a[target=_blank]");
  expect(link?.getAttribute("href")).toMatch(/^\/p\/login\?return_to=/);
  await waitFor(() => expect(document.activeElement).toBe(link));
  await click("Back to the form");
  expect(shown()).not.toContain("Your session has ended");
});

test("a sign-in in another tab closes the dialog", async () => {
  const page = showPageWithForm();
  page.type("Name");
  page.poll();
  await says("Your session has ended");
  page.signIn();
  await waitFor(() => expect(shown()).not.toContain("Your session has ended"));
});

test("a dialog that the user has closed is not opened again by a page that polls, but by the next change", async () => {
  const page = showPageWithForm();
  page.type("Name");
  page.poll();
  await click("Back to the form");
  page.poll();
  expect(shown()).not.toContain("Your session has ended");
  page.end();
  await says("Your session has ended");
});

test("if somebody else is signed in meanwhile, the dialog says who, and offers no sign-in, which would lead to that user", async () => {
  const page = showPageWithForm();
  page.type("Name");
  page.end("olaf");
  await says("olaf is signed in in this browser now. Sign out in a new tab and sign in as mia");
  const link = document.querySelector<HTMLAnchorElement>("a[target=_blank]");
  expect([link?.textContent, link?.getAttribute("href")]).toEqual(["Open a new tab", "/p/admin"]);
});

test("input of a removed form is ignored", () => {
  const page = showPageWithForm();
  page.type("Name");
  page.removeForm();
  page.end();
  expect(page.signIns()).toBe(1);
});
