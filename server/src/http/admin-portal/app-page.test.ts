import { expect, test } from "vitest";
import { sessionElement } from "./app-page.ts";

test("a name cannot end the script element of the session data", () => {
  const element = sessionElement({
    userId: 1,
    userName: "</script><script>alert(1)</script><!--",
    role: "admin",
    csrfToken: "",
    providerName: "",
    pages: {},
    allowedActions: [],
    timeZone: "UTC",
    passwordLengthMin: 12,
    publicUrl: "",
    developerPortalUrl: "",
  });
  expect(element.match(/</g)).toHaveLength(2);
  expect(JSON.parse(element.slice(element.indexOf(">") + 1, element.lastIndexOf("<")))).toMatchObject({
    userName: "</script><script>alert(1)</script><!--",
  });
});
