import { expect, test } from "vitest";
import { withoutSecrets } from "./without-secrets.ts";

test("a secret is hidden three levels deep, and what it was taken from keeps it", () => {
  const fields = { status: 200, password: "x", request: { headers: { cookie: "x", accept: "*/*" } } };
  expect(withoutSecrets(fields)).toEqual({
    status: 200,
    password: "[hidden]",
    request: { headers: { cookie: "[hidden]", accept: "*/*" } },
  });
  expect(fields.password).toBe("x");
});

test("a line without secrets costs no copy", () => {
  const fields = { status: 200, request: { method: "GET" }, at: new Date(0), none: null };
  expect(withoutSecrets(fields)).toBe(fields);
});
