import { expect, test } from "vitest";
import { signInByHeader } from "./sign-in-by-header.ts";

test("who signs in by the URL signs in by the header", () => {
  expect(signInByHeader("https://ann:p%C3%A4ss%40%zz@example.com/x?a=1", { "x-a": "1" })).toEqual({
    url: "https://example.com/x?a=1",
    headers: { "x-a": "1", authorization: `Basic ${Buffer.from("ann:päss@%zz").toString("base64")}` },
  });
});

test("a header that is given goes before the URL", () => {
  const headers = { Authorization: "Bearer abc" };
  expect(signInByHeader("https://ann@example.com/", headers)).toEqual({ url: "https://example.com/", headers });
});

test("a URL without them stays as it was written", () => {
  const url = "https://EXAMPLE.com:443/a/../b?x=%7e";
  expect(signInByHeader(url, {})).toEqual({ url, headers: {} });
});
