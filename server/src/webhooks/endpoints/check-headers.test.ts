import { expect, test } from "vitest";
import { checkHeaders } from "./check-headers.ts";

test("what a receiver may ask for is accepted", () => {
  expect(checkHeaders({ Authorization: "Bearer abc", "x-api-key": "", "X-Team": "back office" })).toEqual([]);
});

test.each([
  [{ "webhook-signature": "v1,x" }, "webhook-signature is set by Bellwire"],
  [{ "Bellwire-Attempt": "1" }, "Bellwire-Attempt is set by Bellwire"],
  [{ Host: "internal" }, "Host is set by Bellwire"],
  [{ "Transfer-Encoding": "chunked" }, "Transfer-Encoding is set by Bellwire"],
  [{ "x y": "1" }, '"x y" is not a header\'s name: it has letters, digits, - and _'],
  [{ "x-a": "1\r\nx-b: 2" }, "x-a holds characters that a header cannot: it has printable ASCII, blanks and tabs"],
  [{ "x-a": "1", "X-A": "2" }, "has the same name twice"],
  [{ "x-a": "1".repeat(9000) }, "is longer than 8000 characters in all"],
])("what would change or break the request is refused: %j", (headers, wrong) => {
  expect(checkHeaders(headers)).toEqual([wrong]);
});
