import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static, type TObject, type TSchema } from "typebox";
import type { Clock } from "#platform/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Bin, BinForwarder } from "#request-bin/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { Sender, SigningSecret } from "#webhooks/attempts/index.ts";
import type { FindAdminCaller } from "../shared/admin-caller.ts";
import type { ApiCall, ApiOperation } from "../shared/operation.ts";
import { Problem, type FieldErrors } from "../shared/problem.ts";
import type { CursorSeal } from "./fields.ts";

export interface BellwireApiNeeds extends EndpointNeeds {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Sends pings: the sender that engines use, or one with the same target guard. */
  readonly sender: Sender;
  readonly findAdminCaller: FindAdminCaller;
  /** The public base URLs of a provider's two hosts, without a trailing slash. The Admin Portal's host serves this API. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  /** Returns the secrets of the endpoints that point to the bin. */
  readonly secretsOfBin: (bin: Pick<Bin, "providerId" | "id">) => Promise<readonly SigningSecret[]>;
  /** Forwards requests of bins on demand. */
  readonly forwarder: Pick<BinForwarder, "forward">;
  /** Returns whether a URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
  readonly version: string;
}

export interface OperationNeeds extends BellwireApiNeeds {
  readonly cursors: CursorSeal;
}

/** One request to an operation, authorized and validated. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> extends ApiCall {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A response other than a plain 200. */
export class Reply<Status extends number = number, Body = unknown> {
  readonly status: Status;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: Status, body: Body, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const noContent = new Reply(204, null);

/** Returned by an operation that has hijacked its reply. */
export const hijacked = new Reply(200, undefined);

/** Builds a 201 with the new resource's location. `path` is below /api/v1. */
export const created = <Body>(path: string, body: Body): Reply<201, Body> =>
  new Reply(201, body, { location: `/api/v1${path}` });

/** A schema, or the media types of a response that is not JSON. */
type ResponseSchema = TSchema | { readonly description: string; readonly content: object };
type ResponseSchemas = Readonly<Partial<Record<200 | 201 | 204, ResponseSchema>>>;

type BodyOf<Schema> = Schema extends TSchema ? Static<Schema> : unknown;
type ResponseOf<Responses extends ResponseSchemas> =
  | (Responses[200] extends TSchema ? Static<Responses[200]> : never)
  | { [Status in keyof Responses & number]: Reply<Status, BodyOf<Responses[Status]>> }[keyof Responses & number];

/** The handler returns the body of a 200, or a Reply. */
export interface Operation extends ApiOperation<OperationNeeds, Call, unknown> {
  /** The OpenAPI operation id. Examples are listed by it. */
  readonly id: string;
  readonly params?: TObject;
  readonly responses: ResponseSchemas;
  /** Documents a 409. The other refusals follow from the method, the path and the schemas. */
  readonly mayConflict?: true;
  /** A HEAD request to a stream would never end, so streams have none. */
  readonly hasNoHead?: true;
  /**
   * Compresses large responses. Only for responses without a secret: next to text that a developer chooses, the size of a
   * compressed response reveals the secret (BREACH).
   */
  readonly isCompressed?: true;
}

interface TypedOperation<
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
  Responses extends ResponseSchemas,
> extends Operation {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly responses: Responses;
  handle(
    needs: OperationNeeds,
    call: Call<Static<Params>, Static<Query>, Static<Body>>,
  ): Promise<ResponseOf<Responses>>;
}

/** Checks an operation's handler against its schemas. */
export const operation = <
  const Responses extends ResponseSchemas,
  Params extends TObject = TObject<{}>,
  Query extends TObject = TObject<{}>,
  Body extends TObject = TObject<{}>,
>(
  definition: TypedOperation<Params, Query, Body, Responses>,
): Operation => definition;

export const noContentResponse = { 204: Type.Null({ description: "Done." }) };

export function requireFound<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Problem("not-found");
  return found;
}

/** Throws a Problem with the field errors of a change that was refused. */
export function requireAccepted<Outcome extends object>(
  outcome: Outcome | { readonly refused: FieldErrors },
): asserts outcome is Exclude<Outcome, { readonly refused: FieldErrors }> {
  if ("refused" in outcome) throw new Problem("invalid", { errors: outcome.refused });
}
