import type { TObject } from "typebox";
import type { AdminCaller, AttemptLimiter, By, Deed } from "#access/index.ts";
import type { FindAdminCaller } from "#http/shared/admin-caller.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { Format } from "./negotiate-format.ts";
import type { Parameters } from "./parameters.ts";
import type { ApiResponse, ResponseDoc } from "./responses.ts";

/** With what it takes to save a webhook: the database, the keys, and which addresses it may lead to. */
export interface AccountManagementApiNeeds extends EndpointNeeds {
  readonly clock: Clock;
  readonly findAdminCaller: FindAdminCaller;
  /** How the outside reaches the two sides of a provider, without a slash at the end. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  /** Where mails come from while the provider names no address. */
  readonly noReplyAddress: string;
  /** Of Bellwire, for the OpenAPI document. */
  readonly version: string;
}

/** What the door has besides, for all requests. */
export interface OperationNeeds extends AccountManagementApiNeeds {
  /** Whoever finds a browser that is signed in must not find out the password with it. */
  readonly passwordGuesses: AttemptLimiter;
}

/** One request to an operation, read and allowed. */
export interface Call {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  /** The cookie of the session in the Admin Portal that calls. Programs have none. */
  readonly session: string | undefined;
  readonly now: Date;
  /** The cause of what this call changes. */
  readonly by: By;
  /** The origin that the API was reached at: links start with it. */
  readonly adminUrl: string;
  /** The body and the query; of a name that is in both, the query's value. */
  readonly query: Parameters;
  /** The same; where values belong into a wrapper, what is inside of it. */
  readonly values: Parameters;
  /** The number in the path. Not found, if there is something else. */
  readonly id: (name: string) => number;
  /** The number of a service in the path. Not found, if the caller is narrowed to others. */
  readonly serviceId: (name: string) => number;
  /** The text in the path, where it may be any. */
  readonly text: (name: string) => string;
}

export type Tag =
  | "Webhooks"
  | "Signup"
  | "Accounts"
  | "Users"
  | "Applications"
  | "Application keys"
  | "Account plans"
  | "Application plans"
  | "Services"
  | "Access tokens"
  | "Fields definitions"
  | "Settings"
  | "Provider";

/** One thing that the API does. Routes and the OpenAPI document are both made from it. */
export interface Operation {
  /** As 3scale's documentation calls it. */
  readonly title: string;
  readonly tag: Tag;
  readonly says: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /admin/api, without extension: `/accounts/{id}`. Parameters are ids but for `texts`. */
  readonly path: string;
  readonly texts?: readonly string[];
  readonly deed: Deed;
  /** JSON-only ones are documented with their extension. */
  readonly formats: readonly Format[];
  readonly query?: TObject;
  /** With an example of what is sent. */
  readonly body?: TObject;
  /** The name under which the values of the body may also be sent. */
  readonly wrapper?: string;
  /** Whether a body without any known name is a change of nothing, and not a missing parameter. */
  readonly wrapperMayBeEmpty?: true;
  /** What may be sent with them and changes nothing: other columns of what 3scale keeps. */
  readonly dropped?: readonly string[];
  /**
   * Refuses names that it does not know, where 3scale drops them: with a misspelled one it would delete or grant more than
   * the caller meant.
   */
  readonly refusesUnknown?: true;
  /** The refusals of this kind that neither path nor body lets one expect. */
  readonly also?: readonly (404 | 422)[];
  /** Nothing for an empty answer. */
  readonly answers?: ResponseDoc;
  answer(needs: OperationNeeds, call: Call): Promise<ApiResponse>;
}

export const xmlAndJson = ["xml", "json"] as const satisfies readonly Format[];
export const jsonOnly = ["json"] as const satisfies readonly Format[];
