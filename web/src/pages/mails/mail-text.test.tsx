import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { expect, test } from "vitest";

import { SessionContext } from "../../api/session-context.ts";
import { exampleSession } from "../../testing/example-session.ts";
import { MailText } from "./mail-text.tsx";

const session = { ...exampleSession, developerPortalUrl: "https://acme.example/" };

test("the link of a mail can be followed, and an address that a developer put into it cannot", () => {
  const page = document.createElement("div");
  const text = "join https://evil.example/\n\nhttps://acme.example/signup/x1\nhttps://evil.example/\n";
  flushSync(() =>
    createRoot(page).render(
      <SessionContext value={session}>
        <MailText text={text} />
      </SessionContext>,
    ),
  );
  expect([...page.querySelectorAll("a")].map((it) => it.href)).toEqual(["https://acme.example/signup/x1"]);
  expect(page.textContent).toBe(text);
});
