import type { TObject, TSchema } from "typebox";
import type { AdminCaller, Deed } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { FindAdminCaller } from "#http/shared/admin-caller.ts";
import type { Format } from "./negotiate-format.ts";
import type { Parameters } from "./read-parameters.ts";
import type { Answer } from "./send-answer.ts";

/** With what it takes to save a webhook: the database, the keys, and which addresses it may lead to. */
export interface AccountManagementApiNeeds extends EndpointNeeds {
  readonly clock: Clock;
  readonly findAdminCaller: FindAdminCaller;
  /** Of Bellwire, for the OpenAPI document. */
  readonly version: string;
}

/** One request to an operation, read and allowed. */
export interface Call {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  readonly now: Date;
  /** The origin that the API was reached at: links start with it. */
  readonly adminUrl: string;
  readonly query: Parameters;
  readonly body: Parameters;
  /** The number in the path. Not found, if there is something else. */
  readonly id: (name: string) => number;
}

/** One thing that the API does. Routes and the OpenAPI document are both made from it. */
export interface Operation {
  /** As 3scale's documentation calls it. */
  readonly title: string;
  readonly tag: "Webhooks" | "Signup" | "Accounts" | "Users" | "Applications";
  readonly says: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /admin/api, without extension: `/accounts/{id}`. */
  readonly path: string;
  readonly deed: Deed;
  /** PUT operations are also served as PATCH. JSON-only ones are documented with their extension. */
  readonly formats: readonly Format[];
  readonly query?: TObject;
  readonly body?: TObject;
  /** What the JSON answer holds; nothing for an empty answer. */
  readonly answers?: TSchema;
  answer(needs: AccountManagementApiNeeds, call: Call): Promise<Answer>;
}

export const xmlAndJson = ["xml", "json"] as const satisfies readonly Format[];
