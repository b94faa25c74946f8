import type { Operation } from "./operation.ts";
import { isRecord } from "./requests/read-parameters.ts";

/** PATCH stands for PUT where something is updated, but not for actions with a name: `…/{id}/approve`. */
const namedAction = /\/\{\w+\}\/(?!permissions$|credit_card$)\w+$/;

export const methodsOf = ({ method, path }: Pick<Operation, "method" | "path">): string[] =>
  method === "PUT" && !namedAction.test(path) ? ["PUT", "PATCH"] : [method];

/** The names of the parameters in a path. */
export const parametersOf = (path: string): readonly string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);

/** Cuts the extension off a text in a path: `a.b.xml` is `a.b`, as XML. */
export function splitExtension(params: unknown, name: string): unknown {
  const text = isRecord(params) ? params[name] : undefined;
  const [, before, extension] = (typeof text === "string" && /^(.+)\.(xml|json)$/s.exec(text)) || [];
  return isRecord(params) && before !== undefined ? { ...params, [name]: before, extension } : params;
}
