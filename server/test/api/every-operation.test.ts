import type { LightMyRequestResponse } from "fastify";
import { Value } from "typebox/value";
import { expect } from "vitest";
import type { Operation } from "#http/account-management-api/operation.ts";
import { operations } from "#http/account-management-api/operations.ts";
import { test, xmlDeclaration, type ApiHouse } from "./api-test.ts";
import { steps, type Ids, type Step } from "./walk-steps.ts";

type Format = Operation["formats"][number];

const operationOf = ({ title }: Step): Operation => {
  const operation = operations.find((it) => it.title === title);
  if (!operation) throw new Error(`There is no operation ${title}.`);
  return operation;
};

const fill = (path: string, them: readonly (string | number | undefined)[]): string => {
  const left = [...them];
  return path.replaceAll(/\{\w+\}/g, () => String(left.shift()));
};

async function take(
  api: ApiHouse,
  step: Step,
  { ids, format }: { ids: Ids; format: Format },
): Promise<LightMyRequestResponse> {
  const { method, path } = operationOf(step);
  const url = `${fill(
    path,
    (step.at ?? []).map((name) => ids[name]),
  )}.${format}`;
  return api.ask(
    method,
    step.query === undefined ? url : `${url}?${step.query}`,
    step.payload ? { payload: step.payload(ids) } : {},
  );
}

function check(step: Step, format: Format, { statusCode, body, headers }: LightMyRequestResponse): void {
  const { method, answers } = operationOf(step);
  expect([step.title, body.slice(0, 300), statusCode]).toEqual([
    step.title,
    body.slice(0, 300),
    method === "POST" ? 201 : 200,
  ]);
  if (method === "POST")
    expect([step.title, headers.location]).toEqual([step.title, expect.stringMatching(/^http.*\/admin\/api\//)]);
  if (!answers) expect([step.title, body]).toEqual([step.title, ""]);
  else if (format === "xml") expect(body.startsWith(xmlDeclaration)).toBe(true);
  else expect(Value.Errors(answers.schema, JSON.parse(body))).toEqual([]);
}

const idsIn = (body: string): readonly number[] =>
  Array.from(body.matchAll(/(?:<id>|"id":)(\d+)/g), ([, id]) => Number(id));

test.for(["xml", "json"] as const)("every operation does its work and answers in %s", async (format, { api }) => {
  const ids: Record<string, number | string> = { key: "key.three" };
  for (const step of steps) {
    const its = operationOf(step).formats.includes(format) ? format : "json";
    const answer = await take(api, step, { ids, format: its });
    check(step, its, answer);
    const found = idsIn(answer.body);
    if (step.keep !== undefined) ids[step.keep] = found[0] ?? 0;
    if (step.keepLast !== undefined) ids[step.keepLast] = found.at(-1) ?? 0;
  }
  expect(new Set(steps.map(({ title }) => title))).toEqual(new Set(operations.map(({ title }) => title)));
});

const changing = operations.filter(({ method }) => method !== "GET");
const ones = (path: string): string => fill(path, [1, 1, 1]);

test.for(changing)("a read-only token is refused: $title", async ({ method, path, formats }, { api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  const answer = await api.ask(method, `${ones(path)}.${formats[0]}`, { headers, payload: {} });

  expect([answer.statusCode, answer.body]).toEqual([
    403,
    expect.stringContaining("does not have the correct permissions"),
  ]);
});

const withBody = operations.filter(({ body }) => body !== undefined);

test.for(withBody)(
  "what cannot be read, or is too much, is not looked into: $title",
  async ({ method, path }, { api }) => {
    const ask = async (payload: string): Promise<number> =>
      (await api.ask(method, `${ones(path)}.json`, { payload, headers: { "content-type": "application/json" } }))
        .statusCode;

    expect(await ask('{"name":')).toBe(400);
    expect(await ask('["name"]')).toBe(400);
    expect(await ask(JSON.stringify({ name: "x".repeat(1024 * 1024) }))).toBe(413);
  },
);

test.for(withBody)(
  "values of a wrong kind are refused by name: $title",
  async ({ method, path, body, wrapper }, { api }) => {
    const names = Object.keys(body?.properties ?? {});
    const wrong = Object.fromEntries(names.map((name) => [name, [{ $ne: "" }]]));
    const answer = await api.ask(method, `${ones(path)}.json`, {
      payload: wrapper === undefined ? wrong : { [wrapper]: wrong },
    });

    expect(answer.statusCode).toBe(422);
    expect(Object.keys(answer.json().errors)).toEqual(names);
  },
);

const wrapped = operations.filter(({ wrapper }) => wrapper !== undefined);

test.for(wrapped)(
  "values in the query alone are not enough: $title",
  async ({ method, path, wrapper = "" }, { api }) => {
    const ask = (payload: object) => api.ask(method, `${ones(path)}.json?name=x`, { payload });

    const [missing, notOne] = [await ask({}), await ask({ [wrapper]: "x" })];
    expect([missing.statusCode, missing.body]).toEqual([400, `Required parameter missing: ${wrapper}`]);
    expect([notOne.statusCode, notOne.json()]).toEqual([422, { errors: { [wrapper]: ["is invalid"] } }]);
  },
);

test("a format that nobody knows is refused wherever a path has an extension", async ({ api }) => {
  const read = operations.filter(({ method, texts }) => method === "GET" && !texts);
  for (const { path } of read) {
    expect([path, (await api.ask("GET", `${ones(path)}.yaml`)).statusCode]).toEqual([path, 406]);
  }
});
