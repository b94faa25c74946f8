import { expect } from "vitest";
import { operations } from "#http/account-management-api/operations.ts";
import { test, type ApiHouse } from "./api-test.ts";

interface Made {
  readonly account: number;
  readonly user: number;
  readonly application: number;
  readonly service: number;
  readonly accountPlan: number;
  readonly applicationPlan: number;
  readonly providerUser: number;
  readonly field: number;
}

/** What a provider has after one sign-up, by the ids that are asked for in paths. */
async function make(api: ApiHouse): Promise<Made> {
  const first = async (path: string, method: "GET" | "POST" = "GET", payload?: object): Promise<number> => {
    const answer = await api.ask(method, path, payload ? { payload } : {});
    return Number(/"id":(\d+)/.exec(answer.body)?.[1]);
  };
  const account = await first("/signup.json", "POST", { org_name: "Quay Ltd", username: "quay" });
  return {
    account,
    user: await first(`/accounts/${account}/users.json`),
    application: await first(`/accounts/${account}/applications.json`),
    service: await first("/services.json"),
    accountPlan: await first("/account_plans.json"),
    applicationPlan: await first("/application_plans.json"),
    providerUser: await first("/users.json"),
    field: await first("/fields_definitions.json"),
  };
}

function fill(path: string, made: Made): string {
  const isOf = (part: string): boolean => path.includes(part);
  const id = isOf("/fields_definitions/")
    ? made.field
    : isOf("/application_plans/")
      ? made.applicationPlan
      : isOf("/account_plans/")
        ? made.accountPlan
        : isOf("/services/")
          ? made.service
          : isOf("/applications/")
            ? made.application
            : isOf("/accounts/{account_id}/users/")
              ? made.user
              : isOf("/accounts/")
                ? made.account
                : made.providerUser;
  return path
    .replace("{account_id}", String(made.account))
    .replace("{application_id}", String(made.application))
    .replace("{service_id}", String(made.service))
    .replace("{user_id}", String(made.providerUser))
    .replaceAll(/\{\w+\}/g, String(id));
}

const ofOneThing = operations.filter(({ path }) => path.includes("{"));

// A field that is named in the body is of the right kind, so that nothing but the path can be what is wrong.
const payloadOf = ({ wrapper }: { wrapper?: string | undefined }): object =>
  wrapper === undefined ? {} : { [wrapper]: { name: "Mine", label: "Mine" } };

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
