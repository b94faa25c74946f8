import { expect, test } from "vitest";
import type { Mail } from "../../api/accounts.ts";
import { SessionContext } from "../../api/session.tsx";
import { exampleSession } from "../../testing/examples.ts";
import { mount } from "../../testing/in-portal.tsx";
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
