import type { FastifyReply, FastifyRequest } from "fastify";
import { Type, type Static, type TObject, type TSchema } from "typebox";
import type { AdminCaller, ChangeContext, Action } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Bin } from "#request-bin/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import type { FindAdminCaller } from "../shared/admin-caller.ts";
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
  readonly secretsOfBin: (bin: Pick<Bin, "providerId" | "id">) => Promise<readonly string[]>;
  readonly version: string;
}

export interface OperationNeeds extends BellwireApiNeeds {
  readonly cursors: CursorSeal;
}

/** One request to an operation, validated and permitted. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  /** The cause that changes record. */
  readonly by: ChangeContext;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** An answer other than a plain 200. */
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

/** A schema, or the media types of an answer that is not JSON. */
type AnswerSchema = TSchema | { readonly description: string; readonly content: object };
type AnswerSchemas = Readonly<Partial<Record<200 | 201 | 204, AnswerSchema>>>;

type BodyOf<Schema> = Schema extends TSchema ? Static<Schema> : unknown;
type AnswerOf<Answers extends AnswerSchemas> =
  | (Answers[200] extends TSchema ? Static<Answers[200]> : never)
  | { [Status in keyof Answers & number]: Reply<Status, BodyOf<Answers[Status]>> }[keyof Answers & number];

/** One operation of the API: its route, its checks and its part of the OpenAPI document derive from this object. */
export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly title: string;
  readonly description: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below /api/v1: `/endpoints/{id}`. */
  readonly path: string;
  /** The action that the caller must be permitted. */
  readonly action: Action;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TObject;
  readonly answers: AnswerSchemas;
  /** Documents a 409. The other refusals follow from the method, the path and the schemas. */
  readonly mayConflict?: true;
  /** A HEAD request to a stream would never end, so streams have none. */
  readonly hasNoHead?: true;
  /** Returns the body of a 200, or a Reply. */
  answer(needs: OperationNeeds, call: Call): Promise<unknown>;
}

interface TypedOperation<
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
  Answers extends AnswerSchemas,
> extends Operation {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Answers;
  answer(needs: OperationNeeds, call: Call<Static<Params>, Static<Query>, Static<Body>>): Promise<AnswerOf<Answers>>;
}

/** Checks an operation's answer function against its schemas. */
export const operation = <
  const Answers extends AnswerSchemas,
  Params extends TObject = TObject<{}>,
  Query extends TObject = TObject<{}>,
  Body extends TObject = TObject<{}>,
>(
  definition: TypedOperation<Params, Query, Body, Answers>,
): Operation => definition;

/** The answers of an operation that returns no content. */
export const answersNoContent = { 204: Type.Null({ description: "Done." }) };

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
