import { expect, test } from "vitest";
import type { Mail } from "../../api/accounts.ts";
import { SessionContext } from "../../api/session.tsx";
import { exampleSession } from "../../testing/examples.ts";
import { mount } from "../../testing/in-portal.tsx";
import { choose, click, search } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { MailList, MailText } from "./mails-page.tsx";

const mail: Mail = {
  id: 1,
  state: "waiting",
  subject: "Join",
  recipient: "mia@acme.test",
  text: "",
  created_at: "2026-03-01T09:00:00Z",
  sent_at: null,
  attempts_made: 0,
  last_error: null,
};

test.for([
  [{ state: "waiting" }, "Not sent"],
  [{ state: "waiting", attempts_made: 2 }, "Attempts: 2"],
  [{ state: "failed", attempts_made: 2 }, "Failed"],
  [{ state: "sent", attempts_made: 2 }, "Sent"],
] as const)("an email shows whether it waits for another attempt: %j is %s", ([changes, label]) => {
  const list = mount(
    <SessionContext value={exampleSession}>
      <MailList mails={[{ ...mail, ...changes }]} />
    </SessionContext>,
  );
  expect(list.querySelector(".pf-v6-c-label")?.textContent).toBe(label);
});

test("a long word in a subject or address breaks in its cell and pushes nothing off the screen", () => {
  const list = mount(
    <SessionContext value={exampleSession}>
      <MailList mails={[mail]} />
    </SessionContext>,
  );
  expect(list.querySelector(".pf-m-break-word")?.textContent).toBe("Jointo mia@acme.test");
});

const session = { ...exampleSession, developerPortalUrl: "https://acme.example/" };

test("only URLs of the Developer Portal in an email are links", () => {
  const text = "join https://evil.example/\n\nhttps://acme.example/signup/x1\nhttps://evil.example/\n";
  const page = mount(
    <SessionContext value={session}>
      <MailText text={text} />
    </SessionContext>,
  );
  expect([...page.querySelectorAll("a")].map((element) => element.href)).toEqual(["https://acme.example/signup/x1"]);
  expect(page.textContent).toBe(text);
});

const server: Server = {
  "GET /api/v1/mails": ({ query }) => [
    200,
    { data: query.has("q") ? [] : [mail], next: query.has("state") ? "1" : null },
  ],
  "GET /admin/api/accounts/31.json": () => [200, { account: { id: 31, org_name: "Harbour & Sons" } }],
};

test("emails are filtered by text, state and account; the address has the filter, and the number is announced", async () => {
  const page = showPage("/mails?account_id=31", server);
  await says("Account: Harbour & Sons");
  const status = (): string | undefined => document.querySelector(".bellwire-list-status")?.textContent;
  await waitFor(() => expect(status()).toBe("1 email"));
  await choose("State", "sent");
  await waitFor(() => expect(status()).toBe("The newest 1 email"));
  await search("mia acme");
  await says("No email matches these filters.");
  expect(page.address()).toBe("/mails?q=mia+acme&state=sent&account_id=31");
  expect(page.askedFor("GET /api/v1/mails").at(-1)?.query.toString()).toBe(
    "limit=50&q=mia+acme&account_id=31&state=sent",
  );
  await click("Remove the filter Account: Harbour & Sons");
  await waitFor(() => expect(page.address()).toBe("/mails?q=mia+acme&state=sent"));
  await click("Clear filters");
  await waitFor(() => expect(page.address()).toBe("/mails"));
  await says("Join");
  expect(shown()).not.toContain("Clear filters");
});
