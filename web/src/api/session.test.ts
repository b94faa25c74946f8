import { expect, test } from "vitest";

import { mayUseWebhooks, type Session } from "./session.ts";

const admin: Session = {
  userName: "admin",
  role: "admin",
  csrfToken: "t",
  providerName: "Acme",
  webHooksCapability: "visible",
  timeZone: "UTC",
  developerPortalUrl: "/",
};

test.each([
  ["an admin may use webhooks", admin, true],
  ["also where the capability is hidden", { ...admin, webHooksCapability: "hidden" }, true],
  ["nobody may where it is denied", { ...admin, webHooksCapability: "denied" }, false],
  ["a member may not", { ...admin, role: "member" }, false],
] as const)("%s", (_guarantee, session, may) => {
  expect(mayUseWebhooks(session)).toBe(may);
});
