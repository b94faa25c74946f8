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
  ["a place that is open, and what lies below it", ["/accounts", "/accounts/7/applications/8"], true],
  ["the start, and what is no place", ["/", "/nowhere", "/webhooksandmore"], true],
  ["a place that is not open, and what lies below it", ["/webhooks", "/webhooks/edit"], false],
] as const)("%s", (_guarantee, paths, may) => {
  expect(paths.map((path) => mayOpen(session, path))).toEqual(paths.map(() => may));
});

test("the session says whether the user may use webhooks", () => {
  expect(mayUseWebhooks(session)).toBe(false);
  expect(mayUseWebhooks({ ...session, pages: new Map([["webhooks", true]]) })).toBe(true);
});

test("signing in again returns to the page with its filter", () => {
  const path = signInPath({ pathname: "/p/admin/deliveries", search: "?state=failed" });
  const { pathname, searchParams } = new URL(path, "https://bellwire.example");
  expect([pathname, searchParams.get("return_to")]).toEqual(["/p/login", "/p/admin/deliveries?state=failed"]);
});
