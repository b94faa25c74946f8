import { expect, test } from "vitest";
import { containsMask, maskUrl } from "./mask-url.ts";

test.each([
  ["https://example.com/hooks", "https://example.com/hooks"],
  ["https://example.com/hooks?token=s3cret&mode=full", "https://example.com/hooks?token=…&mode=…"],
  ["https://example.com/?s3cret", "https://example.com/?…"],
  ["https://example.com/?a=b=c?d=e", "https://example.com/?a=…"],
  ["https://ann:s3cret@example.com/x@y", "https://…@example.com/x@y"],
  ["https://s3cret@example.com", "https://…@example.com"],
  ["https://example.com/#s3cret", "https://example.com/#…"],
  ["", ""],
])("nothing secret of %s is shown", (url, masked) => {
  expect(maskUrl(url)).toBe(masked);
});

test.each([
  "https://example.com/new?token=…",
  "https://example.com/?a=b&token=…&c=d",
  "https://example.com/?…",
  "https://…@example.com/",
  "https://example.com/#…",
])("%s hides a secret", (url) => {
  expect(containsMask(url)).toBe(true);
});

test.each([
  "https://example.com/hooks?token=s3cret",
  "https://example.com/?title=More…&x=a…b",
  "https://example.com/…",
])("%s hides none", (url) => {
  expect(containsMask(url)).toBe(false);
});
