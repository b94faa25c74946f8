import { expect, test } from "vitest";
import { forwardedHeaders, forwardedUrl, isForwarded } from "./forwards.ts";

const binId = "a".repeat(26);
const path = `/bins/${binId}`;

test.each([
  ["https://b.example/hooks", path, "", "https://b.example/hooks"],
  ["https://b.example/hooks", `${path}/orders/7`, "a=1", "https://b.example/hooks/orders/7?a=1"],
  ["https://b.example/hooks/?key=1#top", `${path}/`, "a=1", "https://b.example/hooks/?key=1&a=1"],
  ["https://b.example", `${path}/x`, "", "https://b.example/x"],
])("a request for %s at %s with %o goes to the URL with path and query", (target, at, query, url) => {
  expect(forwardedUrl(target, { path: at, query, binId })).toBe(url);
});

test("cookies, headers of the connection and values that cannot be sent are left out, and the bin is marked", () => {
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
