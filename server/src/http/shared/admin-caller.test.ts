import { expect, test } from "vitest";
import { readCredentials } from "./admin-caller.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  ["nothing", {}, []],
  ["an empty parameter", { query: { access_token: "" } }, []],
  ["a token in the query", { query: { access_token: "t" } }, [{ value: "t", as: "token" }]],
  ["a key in the body", { body: { provider_key: "k" } }, [{ value: "k", as: "key" }]],
  ["the last of several", { query: { access_token: ["a", "b"] } }, [{ value: "b", as: "token" }]],
  ["an object", { body: { access_token: { $ne: "" } } }, []],
  [
    "parameters before the header",
    { query: { provider_key: "k" }, body: { access_token: "t" }, headers: { authorization: "Bearer b" } },
    [
      { value: "t", as: "token" },
      { value: "k", as: "key" },
      { value: "b", as: "either" },
    ],
  ],
  [
    "both halves of Basic, the second with its colons",
    { headers: { authorization: basic("user:pass:word") } },
    [
      { value: "user", as: "either" },
      { value: "pass:word", as: "either" },
    ],
  ],
  ["the half that is filled", { headers: { authorization: basic(":secret") } }, [{ value: "secret", as: "either" }]],
  ["a scheme in any case", { headers: { authorization: "bEARER x" } }, [{ value: "x", as: "either" }]],
  ["an unknown scheme", { headers: { authorization: "Digest x" } }, []],
  ["a header without a value", { headers: { authorization: "Bearer" } }, []],
])("%s", (_what, request, credentials) => {
  expect(readCredentials({ query: {}, body: undefined, headers: {}, ...request })).toEqual(credentials);
});
