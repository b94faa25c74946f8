import { expect, test } from "vitest";

import { exampleSession } from "../testing/example-session.ts";
import { mayOpen, mayUseWebhooks, type Session } from "./session.ts";

const session: Session = {
  ...exampleSession,
  places: new Map([
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

test("webhooks are used by whom the server lets into them", () => {
  expect(mayUseWebhooks(session)).toBe(false);
  expect(mayUseWebhooks({ ...session, places: new Map([["webhooks", true]]) })).toBe(true);
});
