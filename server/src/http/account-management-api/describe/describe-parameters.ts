import type { TObject } from "typebox";
import type { Operation } from "../operation.ts";
import { parametersOf } from "../route-of-operation.ts";

/** What tells the format where neither the path's extension nor a header does. */
export const formatParameter = {
  name: "format",
  in: "query",
  required: false,
  description: "The format of the answer. The path's extension counts first; `Accept` counts where this is left out.",
  schema: { type: "string", enum: ["xml", "json"], default: "xml" },
};

export const describeParameters = ({ path, texts, query, formats }: Operation): readonly object[] => [
  ...parametersInPath(path, texts),
  ...parametersInQuery(query),
  ...(formats.includes("xml") ? [{ $ref: "#/components/parameters/format" }] : []),
];

const parametersInPath = (path: string, texts: Operation["texts"]) =>
  parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    description: describeInPath(path, name),
    schema: texts?.includes(name) ? { type: "string" } : { type: "integer" },
    example: examples[name] ?? examples[ownerOf(path, name)] ?? 1,
  }));

/** Of the documentation's portal, where there is one. */
const examples: Readonly<Record<string, string | number>> = {
  account_id: 31,
  application_id: 41,
  service_id: 7,
  user_id: 3,
  key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13",
  account: 31,
  user: 21,
  application: 41,
  service: 7,
  "account plan": 9,
  "application plan": 11,
  "referrer filter": 51,
  "service contract": 61,
  "access token": 71,
  "fields definition": 2,
};

const describeInPath = (path: string, name: string): string => {
  const owner = ownerOf(path, name);
  if (name === "key") return "The key itself.";
  return owner === "access token" ? "The access token's id, or its value." : `The ${owner}'s id.`;
};

/** `/accounts/{id}/approve` names an account. */
const ownerOf = (path: string, name: string): string =>
  (new RegExp(`(\\w+)/\\{${name}\\}`).exec(path)?.[1] ?? "").replaceAll("_", " ").replace(/s$/, "");

const parametersInQuery = (query: TObject | undefined) =>
  Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = { description: undefined, ...schema };
    return { name, in: "query", required: query?.required?.includes(name) ?? false, description, schema: rest };
  });
