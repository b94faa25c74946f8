import { expect, test } from "vitest";
import { exampleSession } from "../testing/examples.ts";
import { type Session, mayOpen, mayUseWebhooks, signInPath } from "./session.tsx";

const session: Session = {
  ...exampleSession,
  pages: new Map([
    ["accounts", true],
    ["webhooks", false],
  ]),
};

test.each([
  ["a permitted page and its subpages may be opened", ["/accounts", "/accounts/7/applications/8"], true],
  ["the start page and unknown paths may be opened", ["/", "/nowhere", "/webhooksandmore"], true],
  ["a page without permission and its subpages may not be opened", ["/webhooks", "/webhooks/edit"], false],
] as const)("%s", (_guarantee, paths, may) => {
  expect(paths.map((path) => mayOpen(session, path))).toEqual(paths.map(() => may));
});

test("the session's pages determine whether the user may use webhooks", () => {
  expect(mayUseWebhooks(session)).toBe(false);
  expect(mayUseWebhooks({ ...session, pages: new Map([["webhooks", true]]) })).toBe(true);
});

test("signing in again returns to the page with its filter", () => {
  const path = signInPath({ pathname: "/p/admin/deliveries", search: "?state=failed" });
  const { pathname, searchParams } = new URL(path, "https://bellwire.example");
  expect([pathname, searchParams.get("return_to")]).toEqual(["/p/login", "/p/admin/deliveries?state=failed"]);
});
