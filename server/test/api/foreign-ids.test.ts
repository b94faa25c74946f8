import { expect } from "vitest";
import type { Operation } from "#http/account-management-api/operation.ts";
import { operations } from "#http/account-management-api/index.ts";
import { test } from "./api-test.ts";
import { fill, make } from "./made-things.ts";

const ofOneThing = operations.filter(({ path }) => path.includes("{"));

// A field that is named in the body is of the right kind, so that nothing but the path can be what is wrong.
const payloadOf = ({ wrapper, rejectsUnknown }: Pick<Operation, "wrapper" | "rejectsUnknown">): object =>
  wrapper === undefined ? {} : { [wrapper]: rejectsUnknown ? { name: "Mine" } : { name: "Mine", label: "Mine" } };

test("what is another provider's is not there, for any operation, and stays as it is", async ({ api, neighbour }) => {
  const theirs = await make(neighbour);
  const before = (await neighbour.ask("GET", `/accounts/${theirs.account}.xml`)).body;
  for (const operation of ofOneThing) {
    const { method, path, title } = operation;
    const own = title === "Access Token Create"; // of nobody but oneself: a caller learns nothing of other ids
    const answer = await api.ask(method, fill(path, theirs), {
      headers: { accept: "application/json" },
      ...(method === "GET" ? {} : { payload: payloadOf(operation) }),
    });
    expect([title, answer.statusCode]).toEqual([title, own ? 403 : 404]);
  }

  expect((await neighbour.ask("GET", `/accounts/${theirs.account}.xml`)).body).toBe(before);
});

test("the provider key opens nothing of another provider's either", async ({ api, neighbour }) => {
  const theirs = await make(neighbour);
  const path = `/users/${theirs.providerUser}/access_tokens.json`;
  const payload = { name: "x", permission: "rw", scopes: ["account_management"] };
  const answer = await api.askBare({ method: "POST", url: `/admin/api${path}?provider_key=${api.key}`, payload });

  expect(answer.statusCode).toBe(404);
});

test("what nobody has is not there, for any operation", async ({ api }) => {
  await make(api);
  for (const operation of ofOneThing) {
    const { method, path, title } = operation;
    const url = path.replaceAll(/\{\w+\}/g, "999999999");
    const answer = await api.ask(method, url, {
      headers: { accept: "application/json" },
      ...(method === "GET" ? {} : { payload: payloadOf(operation) }),
    });
    expect([title, answer.statusCode]).toEqual([title, title === "Access Token Create" ? 403 : 404]);
  }
});
