import { expect, test } from "vitest";
import { methodsOf, splitExtension } from "./serve-operations.ts";

test.each([
  ["/accounts/{id}", ["PUT", "PATCH"]],
  ["/webhooks", ["PUT", "PATCH"]],
  ["/accounts/{id}/credit_card", ["PUT", "PATCH"]],
  ["/users/{id}/permissions", ["PUT", "PATCH"]],
  ["/accounts/{id}/approve", ["PUT"]],
  ["/services/{service_id}/application_plans/{id}/default", ["PUT"]],
])("%s accepts %j", (path, methods) => {
  expect(methodsOf({ method: "PUT", path })).toEqual(methods);
});

test.each([
  ["secret", { key: "secret" }],
  ["secret.xml", { key: "secret", extension: "xml" }],
  ["a.b.json", { key: "a.b", extension: "json" }],
  ["a.xml.xml", { key: "a.xml", extension: "xml" }],
  ["a.yaml", { key: "a.yaml" }],
  [".xml", { key: ".xml" }],
])("%s in a path is split into %j", (key, read) => {
  expect(splitExtension({ key }, "key")).toEqual(read);
});
