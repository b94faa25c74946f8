import { expect, test } from "vitest";

import { SessionContext } from "../../api/session-context.ts";
import { exampleSession } from "../../testing/example-session.ts";
import { mount } from "../../testing/mount.ts";
import { MailList } from "./mail-list.tsx";

test("a subject or an address of one long word breaks in its cell, and pushes nothing off the screen", () => {
  const mail = {
    id: 1,
    subject: "Join",
    recipient: "mia@acme.test",
    text: "",
    created_at: "2026-03-01T09:00:00Z",
    sent_at: null,
    attempts_made: 0,
    last_error: null,
  };
  const list = mount(
    <SessionContext value={exampleSession}>
      <MailList mails={[mail]} />
    </SessionContext>,
  );
  expect(list.querySelector(".pf-m-break-word")?.textContent).toBe("Jointo mia@acme.test");
});
