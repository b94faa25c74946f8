import { expect, test } from "vitest";
import { pingToast } from "./test-requests.tsx";

const url = "https://hooks.example/in";

test.each([
  ["a 200 is a success", 200, null, "success"],
  ["any 2xx is a success", 202, "answered 202", "success"],
  ["a redirect is a warning", 301, "answered 301", "warning"],
  ["a rejection is a warning", 404, "answered 404", "warning"],
  ["a broken receiver is a warning", 500, "answered 500", "warning"],
] as const)("%s", (_guarantee, status, error, kind) => {
  expect(pingToast(url, { status, error }, "Ping")).toMatchObject({ kind, title: `${url} responded with ${status}` });
});

test("a missing response is an error with its reason", () => {
  const attempt = { status: null, error: "connection refused" };
  expect(pingToast(url, attempt, "Ping")).toEqual({ kind: "danger", title: 'Ping failed: "connection refused"' });
  expect(pingToast(url, attempt, "Test event").title).toBe('Test event failed: "connection refused"');
});

test("a 2xx that does not count as delivered has an explanation", () => {
  expect(pingToast(url, { status: 202, error: "202 is not 200" }, "Ping").detail).toContain("202 is not 200");
});
