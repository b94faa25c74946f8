import { expect, test } from "vitest";
import { readCredentials } from "./admin-caller.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  ["a request without credentials has none", {}, []],
  ["an empty parameter is ignored", { query: { access_token: "" } }, []],
  ["access_token in the query is a token", { query: { access_token: "t" } }, [{ value: "t", as: "token" }]],
  ["provider_key in the body is a key", { body: { provider_key: "k" } }, [{ value: "k", as: "key" }]],
  [
    "the last of several equal parameters counts",
    { query: { access_token: ["a", "b"] } },
    [{ value: "b", as: "token" }],
  ],
  ["an object is ignored", { body: { access_token: { $ne: "" } } }, []],
  [
    "parameters come before the authorization header",
    { query: { provider_key: "k" }, body: { access_token: "t" }, headers: { authorization: "Bearer b" } },
    [
      { value: "t", as: "token" },
      { value: "k", as: "key" },
      { value: "b", as: "either" },
    ],
  ],
  [
    "Basic yields user and password, the password with its colons",
    { headers: { authorization: basic("user:pass:word") } },
    [
      { value: "user", as: "either" },
      { value: "pass:word", as: "either" },
    ],
  ],
  [
    "an empty user of Basic is ignored",
    { headers: { authorization: basic(":secret") } },
    [{ value: "secret", as: "either" }],
  ],
  ["the scheme is not case-sensitive", { headers: { authorization: "bEARER x" } }, [{ value: "x", as: "either" }]],
  ["an unknown scheme is ignored", { headers: { authorization: "Digest x" } }, []],
  ["a scheme without a value is ignored", { headers: { authorization: "Bearer" } }, []],
])("%s", (_guarantee, request, credentials) => {
  expect(readCredentials({ query: {}, body: undefined, headers: {}, ...request })).toEqual(credentials);
});
