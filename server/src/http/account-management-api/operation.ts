import type { AttemptLimiter, PasswordHasher } from "#access/index.ts";
import type { FindAdminCaller } from "#http/shared/admin-caller.ts";
import type { ApiCall, ApiOperation } from "#http/shared/operation.ts";
import type { Clock } from "#platform/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { Format, ApiResponse, ResponseDoc } from "./responses.ts";
import type { Parameters } from "./parameters.ts";

export interface AccountManagementApiNeeds extends EndpointNeeds {
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  readonly findAdminCaller: FindAdminCaller;
  /** The public base URLs of a provider's two portals, without a trailing slash. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  /** The sender of mails while the provider has no `from_email`. */
  readonly noReplyAddress: string;
  /** Bellwire's version, for the OpenAPI document. */
  readonly version: string;
}

export interface OperationNeeds extends AccountManagementApiNeeds {
  /** Keeps a stolen session from guessing the user's current password. */
  readonly passwordGuesses: AttemptLimiter;
}

export interface Call extends ApiCall {
  readonly format: Format;
  /** The Admin Portal session's cookie. Undefined for tokens and keys. */
  readonly session: string | undefined;
  /** The origin that the client used. Links in responses start with it. */
  readonly adminUrl: string;
  /** Query and body parameters. The query wins where both have a name. */
  readonly query: Parameters;
  /** The same, but the content of the wrapper where the operation has one. */
  readonly values: Parameters;
  /** Returns a number in the path, or throws `not-found`. */
  readonly id: (name: string) => number;
  /** Returns a service's id in the path, or throws `not-found` if the caller may not see that service. */
  readonly serviceId: (name: string) => number;
  /** Returns a text in the path; see `textParameters`. */
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

/** An operation of 3scale's API. Its title is 3scale's; its path has no extension, which routes add. */
export interface Operation extends ApiOperation<OperationNeeds, Call, ApiResponse> {
  readonly tag: Tag;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path parameters that are texts. The others are ids. */
  readonly textParameters?: readonly string[];
  /** JSON-only operations are documented with their extension. */
  readonly formats: readonly Format[];
  /** The object that body parameters may be nested in: `account_plan[name]`. */
  readonly wrapper?: string;
  /** Accepts a body without any known parameter as an update of nothing, instead of answering `parameter-missing`. */
  readonly wrapperMayBeEmpty?: true;
  /** Body parameters that are accepted and ignored: columns of 3scale that Bellwire does not have. */
  readonly ignored?: readonly string[];
  /**
   * Rejects unknown parameters, which 3scale ignores. For operations where a misspelled parameter would delete or grant more
   * than intended.
   */
  readonly rejectsUnknown?: true;
  /** Errors that do not follow from the path and the body. */
  readonly otherErrors?: readonly (404 | 422)[];
  /** Undefined if the response is empty. */
  readonly response?: ResponseDoc;
}

export const xmlAndJson = ["xml", "json"] as const satisfies readonly Format[];
export const jsonOnly = ["json"] as const satisfies readonly Format[];
