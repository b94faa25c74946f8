import { createContext, use } from "react";
import type { components } from "./account-management-api.d.ts";
import { ApiProblem, isNotFound } from "./api-problem.ts";
import type { SessionFetch } from "./session-fetch.ts";

/** The named schemas of the Account Management API. */
export type ManagementSchemas = components["schemas"];

export type Values = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string | number | undefined>>;

/** The JSON form of the Account Management API, and Bellwire's portal operations below `/api/v1`. */
export interface ManagementClient {
  /**
   * Reads one object, which the API wraps in its kind: `{"user": {…}}`. `path` is relative to `/admin/api` and has no extension, as in the
   * API's documentation.
   */
  readObject<Item = Values>(path: string, query?: Query): Promise<Item>;
  /** Reads a list of such objects. */
  readList<Item>(path: string, query?: Query): Promise<ObjectList<Item>>;
  create<Answer>(path: string, values?: Values): Promise<Answer>;
  update<Answer>(path: string, values?: Values): Promise<Answer>;
  /** The same for what 3scale updates by PATCH only. */
  patch<Answer>(path: string, values: Values): Promise<Answer>;
  /** Succeeds as well if the object was deleted before. */
  delete(path: string): Promise<void>;
  /** Runs an operation that 3scale's API does not have, such as `accounts/7/suspend`. */
  runOperation(path: string, values?: Values): Promise<void>;
}

/** A page of a list. */
export interface ObjectList<Item> {
  readonly objects: readonly Item[];
  /** The number of objects on all pages. */
  readonly total: number;
}

/** Creates the client. It uses the Admin Portal's session, so the signed-in user is the actor. */
export function createManagementClient(send: SessionFetch): ManagementClient {
  const call = async (method: string, url: string, values?: Values): Promise<Response> => {
    const request = new Request(url, {
      method,
      credentials: "same-origin",
      headers: { accept: "application/json", ...(values && { "content-type": "application/json" }) },
      ...(values && { body: JSON.stringify(values) }),
    });
    const response = await send(request);
    if (response.ok) return response;
    throw new ApiProblem(response.status, await response.json().catch(() => undefined));
  };
  const at = (path: string): string => `/admin/api/${path}.json`;
  const ask = async (...request: Parameters<typeof call>) => readExactly(await (await call(...request)).text());
  const read = <Answer>(path: string, query: Query = {}): Promise<Answer> =>
    ask("GET", `${at(path)}${searchOf(query)}`);
  return {
    async readObject<Item>(path: string, query?: Query): Promise<Item> {
      const [object] = Object.values(await read<Readonly<Record<string, Item>>>(path, query));
      if (object === undefined) throw new Error(`The response of ${path} has no object.`);
      return object;
    },
    async readList<Item>(path: string, query?: Query): Promise<ObjectList<Item>> {
      const { metadata, ...lists } = await read<{ metadata?: ManagementSchemas["Metadata"] }>(path, query);
      const [list = []] = Object.values<readonly Readonly<Record<string, Item>>[]>(lists);
      const objects = list.flatMap((entry) => Object.values(entry));
      return { objects, total: metadata?.total_entries ?? objects.length };
    },
    create: (path, values = {}) => ask("POST", at(path), values),
    update: (path, values = {}) => ask("PUT", at(path), values),
    patch: (path, values) => ask("PATCH", at(path), values),
    delete: async (path) => {
      await call("DELETE", at(path)).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    },
    runOperation: async (path, values = {}) => void (await call("POST", `/api/v1/${path}`, values)),
  };
}

/** Parses JSON. A number with more digits than JavaScript keeps, such as an amount, stays a text. */
const readExactly = (json: string) =>
  JSON.parse(json, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? exactNumber(value, context?.source) : value,
  );

/** Browsers before 2025 do not tell the source of a number. */
function exactNumber(value: number, source = String(value)): number | string {
  const digits = source.includes(".") ? source.replace(/\.?0+$/, "") : source;
  return /^-?\d+(?:\.\d+)?$/.test(digits) && digits !== String(value) ? digits : value;
}

function searchOf(query: Query): string {
  const parameters = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(parameters.map(([name, value]) => [name, String(value)])).toString();
  return search && `?${search}`;
}

export const ManagementContext = createContext<ManagementClient | undefined>(undefined);

export function useManagement(): ManagementClient {
  const client = use(ManagementContext);
  if (!client) throw new Error("There is no Account Management API around this component.");
  return client;
}
