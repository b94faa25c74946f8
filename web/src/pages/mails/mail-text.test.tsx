import { expect, test } from "vitest";

import { SessionContext } from "../../api/session-context.ts";
import { exampleSession } from "../../testing/example-session.ts";
import { mount } from "../../testing/mount.ts";
import { MailText } from "./mail-text.tsx";

const session = { ...exampleSession, developerPortalUrl: "https://acme.example/" };

test("the link of a mail can be followed, and an address that a developer put into it cannot", () => {
  const text = "join https://evil.example/\n\nhttps://acme.example/signup/x1\nhttps://evil.example/\n";
  const page = mount(
    <SessionContext value={session}>
      <MailText text={text} />
    </SessionContext>,
  );
  expect([...page.querySelectorAll("a")].map((it) => it.href)).toEqual(["https://acme.example/signup/x1"]);
  expect(page.textContent).toBe(text);
});
