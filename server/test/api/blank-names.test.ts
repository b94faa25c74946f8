import { expect } from "vitest";
import { test } from "./api-test.ts";

const invisible = ["\n", "\r\n\t", "\u200b", "\u202e\u2069", "\u00a0\ufeff\u2060", "\u3164"];

const namedObjects = [
  ["signup", "org_name", { username: "mira", email: "mira@harbour.example" }],
  ["services", "name", {}],
  ["account_plans", "name", {}],
  ["fields_definitions", "label", { target: "Account", name: "motto" }],
  ["personal/access_tokens", "name", { permission: "ro", scopes: ["account_management"] }],
] as const;

test.for(namedObjects)(
  "a name without a visible character is rejected as blank: %s, %s",
  async ([path, field, more], { api }) => {
    for (const name of invisible) {
      const response = await api.send("POST", `/${path}.json`, { payload: { ...more, [field]: name } });
      expect([name, response.statusCode, response.json().errors?.[field]]).toEqual([name, 422, ["can't be blank"]]);
    }
  },
);

test("a name with a visible character may also contain invisible ones", async ({ api }) => {
  const payload = { org_name: "\u200fשלום\u200b", username: "mira", email: "mira@harbour.example" };
  const response = await api.send("POST", "/signup.json", { payload });
  expect([response.statusCode, response.json().account.org_name]).toEqual([201, payload.org_name]);
});
