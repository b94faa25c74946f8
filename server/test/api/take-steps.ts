import type { LightMyRequestResponse } from "fastify";
import type { Operation } from "#http/account-management-api/operation.ts";
import { operations } from "#http/account-management-api/index.ts";
import type { ApiHouse } from "./api-test.ts";
import { steps, type Ids, type Step } from "./walk-steps.ts";

type Format = Operation["formats"][number];

interface Taken {
  readonly operation: Operation;
  readonly format: Format;
  readonly answer: LightMyRequestResponse;
}

/** Calls every operation in order, in the given format where the operation has it. */
export async function* takeSteps(api: ApiHouse, preferred: Format): AsyncGenerator<Taken> {
  const ids: Record<string, number | string> = { key: "key.three" };
  for (const step of steps) {
    const operation = operationOf(step);
    const format = operation.formats.includes(preferred) ? preferred : "json";
    const answer = await take(api, step, { operation, ids, format });
    yield { operation, format, answer };
    const found = idsIn(answer.body);
    if (step.keep !== undefined) ids[step.keep] = found[0] ?? 0;
    if (step.keepLast !== undefined) ids[step.keepLast] = found.at(-1) ?? 0;
  }
}

function operationOf({ title }: Step): Operation {
  const operation = operations.find((candidate) => candidate.title === title);
  if (!operation) throw new Error(`Unknown operation: ${title}`);
  return operation;
}

/** Replaces the parameters of a path with these values, in order. */
export const fillPath = (path: string, them: readonly (string | number | undefined)[]): string => {
  const left = [...them];
  return path.replaceAll(/\{\w+\}/g, () => String(left.shift()));
};

async function take(
  api: ApiHouse,
  { at = [], query, payload }: Step,
  { operation: { method, path }, ids, format }: { operation: Operation; ids: Ids; format: Format },
): Promise<LightMyRequestResponse> {
  const filled = fillPath(
    path,
    at.map((name) => ids[name]),
  );
  const url = `${filled}.${format}`;
  return api.ask(method, query === undefined ? url : `${url}?${query}`, payload ? { payload: payload(ids) } : {});
}

const idsIn = (body: string): readonly number[] =>
  Array.from(body.matchAll(/(?:<id(?: [^>]*)?>|"id":)(\d+)/g), ([, id]) => Number(id));
