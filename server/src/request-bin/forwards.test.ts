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
  expect(forwardedUrl(target, { path: at, query, binId })).toBe(url);
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
