import { expect, test } from "vitest";

import { signInPath } from "./sign-in-path.ts";

test("whoever has to sign in again comes back to the page, as it was filtered", () => {
  const path = signInPath({ pathname: "/p/admin/deliveries", search: "?state=failed" });
  const { pathname, searchParams } = new URL(path, "https://bellwire.example");
  expect([pathname, searchParams.get("return_to")]).toEqual(["/p/login", "/p/admin/deliveries?state=failed"]);
});
