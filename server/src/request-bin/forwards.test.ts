import { expect, test } from "vitest";
import { forwardedHeaders, forwardedUrl, isForwarded } from "./forwards.ts";

const binId = "a".repeat(26);
const path = `/bins/${binId}`;

test.each([
  ["https://b.example/hooks", path, "", "https://b.example/hooks"],
  ["https://b.example/hooks", `${path}/orders/7`, "a=1", "https://b.example/hooks/orders/7?a=1"],
  ["https://b.example/hooks/?key=1#top", `${path}/`, "a=1", "https://b.example/hooks/?key=1&a=1"],
  ["https://b.example", `${path}/x`, "", "https://b.example/x"],
])("a forward to %s of the path %s with the query %o keeps both", (target, at, query, url) => {
  expect(forwardedUrl(target, { path: at, query })).toBe(url);
});

test.each([
  ["a whole URL in the request line", `http://${"a".repeat(25)}.evil.example${path}/x`, "https://b.example/hooks/x"],
  ["a whole URL without a path below the bin", `https://@evil.example:99${path}`, "https://b.example/hooks"],
  ["percent-encoded letters", `/%62ins/${binId.replace("a", "%61")}/x`, "https://b.example/hooks/x"],
  ["repeated slashes", `//bins//${binId}/x`, "https://b.example/hooks/x"],
  ["dot segments", `${path}/../../x`, "https://b.example/hooks/x"],
  ["encoded dot segments", `${path}/%2e%2E/.%2e/x`, "https://b.example/hooks/x"],
  ["backslashes", `${path}/..\\..\\x`, "https://b.example/hooks/x"],
  ["a fragment", `${path}/x#y`, "https://b.example/hooks/x"],
])("a request with %s leaves the host and the path that it is forwarded to unchanged", (_form, at, url) => {
  expect(forwardedUrl("https://b.example/hooks", { path: at, query: "" })).toBe(url);
});

test("a forward omits cookies, connection headers and invalid values, and a header names the bin", () => {
  const headers = forwardedHeaders(
    [
      ["Host", "bins.example"],
      ["Cookie", "bellwire_admin=secret"],
      ["Content-Length", "3"],
      ["Transfer-Encoding", "chunked"],
      ["Authorization", "Bearer 1"],
      ["X-Broken", "a�"],
      ["X-Twice", "1"],
      ["X-Twice", "2"],
    ],
    binId,
  );
  expect(headers).toEqual([
    "Authorization",
    "Bearer 1",
    "X-Twice",
    "1",
    "X-Twice",
    "2",
    "bellwire-forwarded-by-bin",
    binId,
  ]);
  expect(isForwarded([["Bellwire-Forwarded-By-Bin", binId]])).toBe(true);
});
