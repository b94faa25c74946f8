import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { TObject } from "typebox";
import {
  type Action,
  type AdminCaller,
  type ChangeContext,
  deleteKey,
  type EarlierRequest,
  findEarlierRequest,
  type KeyedRequest,
  KeyTaken,
  recordResponse,
  withKey,
} from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { createFairQueue, type FairQueue } from "#platform/fair-queue.ts";
import { streamLimits } from "#platform/bin-and-stream-limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type FindAdminCaller, isUnsafeMethod, requirePermission } from "./admin-caller.ts";
import { Problem, problemOfError } from "./problem.ts";

/** One request to an operation, authenticated and authorized. Each API adds the input that it parses. */
export interface ApiCall {
  readonly provider: Provider;
  readonly caller: AdminCaller;
  readonly now: Date;
  /** The actor of every change that this call makes. */
  readonly by: ChangeContext;
  /**
   * Returns the caller as it is now, or throws the Problem that refuses it. For requests of many steps. Reads the database once a second at
   * most, unless `when` is given.
   */
  readonly callerNow: CallerCheck;
  readonly mayStill: AccessCheck;
  /**
   * Returns a body whose parts are read as fast as the client takes them in, which may take hours. Once the caller may not read it
   * any more, the connection is cut: a part of a body must not look like the whole.
   */
  readonly streamBody: (parts: AsyncIterable<string | Buffer>) => Readable;
  /** Does work that needs some megabytes until its end, such as rendering a list, when it is the provider's turn. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

type CallerCheck = (when?: "now") => Promise<AdminCaller>;

/** Returns whether the caller is still permitted. Reads the database once a second at most, unless `now` is given. */
export type AccessCheck = (when?: "now") => Promise<boolean>;

/** One operation of an API. Its route, its permission check and its part of the OpenAPI document follow from it. */
export interface ApiOperation<Needs, Call extends ApiCall, Response> {
  /** The summary in the OpenAPI document. */
  readonly title: string;
  readonly description: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the API's prefix, as in OpenAPI: `/accounts/{id}`. */
  readonly path: string;
  readonly action: Action;
  readonly query?: TObject;
  /** Its `examples` hold an example of a request. */
  readonly body?: TObject;
  handle(needs: Needs, call: Call): Promise<Response>;
}

/** A tag of the OpenAPI document. */
interface Tag {
  readonly tag: string;
  readonly description: string;
}

export interface OperationGroup<Operation> extends Tag {
  readonly operations: readonly Operation[];
}

export type Tagged<Operation> = Operation & Pick<Tag, "tag">;

export const tagOperations = <Operation>(groups: readonly OperationGroup<Operation>[]): readonly Tagged<Operation>[] =>
  groups.flatMap(({ tag, operations }) => operations.map((operation) => ({ ...operation, tag })));

export const describeTags = (tags: readonly Tag[]) => tags.map(({ tag, description }) => ({ name: tag, description }));

/** A response that is ready to be sent. */
export interface Rendered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable | undefined;
}

/** How one API reads the requests and renders the responses of its operations. */
interface ApiFrame<Operation, Needs, Call extends ApiCall, Response> {
  readonly needs: Needs & AuthorizationNeeds & RepetitionNeeds;
  readonly parse: (operation: Operation, request: FastifyRequest, call: ApiCall) => Call;
  readonly render: (request: FastifyRequest, call: Call, response: Response) => Promise<Rendered>;
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Returns the handler of an operation. It authorizes before it parses, so strangers learn nothing about parameters. */
export const handlerOf =
  <Needs, Call extends ApiCall, Response, Operation extends ApiOperation<Needs, Call, Response>>(
    operation: Operation,
    { needs, parse, render }: ApiFrame<Operation, Needs, Call, Response>,
  ): Handler =>
  async (request, reply) => {
    const call = parse(operation, request, await authorize(operation, request, needs));
    const rendered = await renderOnce(request, { call, needs }, async (given) =>
      render(request, call, await operation.handle(given, call)),
    );
    return sendRendered(reply, rendered);
  };

export const sendRendered = (reply: FastifyReply, { status, headers, body }: Rendered): FastifyReply =>
  reply.code(status).headers(headers).send(body);

interface RepetitionNeeds {
  readonly pool: Pool;
  readonly encryption: Encryption;
}

interface Sender {
  readonly provider: Pick<Provider, "id">;
  readonly caller: Pick<AdminCaller, "actor">;
}

/**
 * Renders the response of an operation. If the request has an idempotency key and was made before, that is the response of then. `render`
 * makes its changes with the pool that it is given.
 */
export async function renderOnce<Needs extends RepetitionNeeds, Result extends Rendered | undefined>(
  request: FastifyRequest,
  { call, needs }: { readonly call: Sender; readonly needs: Needs },
  render: (needs: Needs) => Promise<Result>,
): Promise<Result | Rendered> {
  const { pool, encryption } = needs;
  const keyed = isUnsafeMethod(request.method) ? readKeyedRequest(request, call, encryption) : undefined;
  if (!keyed) return render(needs);
  const earlier = await findEarlierRequest(pool, encryption, keyed);
  if (earlier) return renderEarlier(earlier);

  const once = withKey(pool, keyed);
  const logLoss = (err: unknown): void => request.log.warn({ err }, "the response for an idempotency key is not kept");
  try {
    const rendered = await render({ ...needs, pool: once.pool });
    const isMade = rendered && (rendered.status < 400 || once.hasCommitted());
    if (isMade) await keepResponse(needs, keyed, rendered).catch(logLoss);
    return rendered;
  } catch (error) {
    const isTaken = error instanceof KeyTaken;
    const isRefused = error instanceof Error && (isTaken || problemOfError(error).status < 500);
    if (once.hasCommitted() && isRefused) await deleteKey(pool, keyed).catch(logLoss);
    if (once.hasCommitted() || !isRefused) throw error;
    // An equal request at the same time may be what this one was refused for.
    const meanwhile = await findEarlierRequest(pool, encryption, keyed);
    if (!meanwhile && !isTaken) throw error;
    return renderEarlier(meanwhile ?? "unanswered");
  }
}

/** A key is the same with and without the quotes of a structured field (RFC 9651), which most clients leave out. */
const keyPattern = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

function readKeyedRequest(
  request: FastifyRequest,
  { provider, caller }: Sender,
  encryption: Encryption,
): KeyedRequest | undefined {
  const { method, url, body, headers } = request;
  const header = headers["idempotency-key"];
  if (header === undefined) return undefined;
  const [, quoted, bare] = keyPattern.exec(String(header)) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) throw new Problem("idempotency-key-invalid");
  const fingerprints = encryption.fingerprints("keyed request", JSON.stringify([method, url, body]));
  return { providerId: provider.id, actor: caller.actor, key, fingerprints };
}

function renderEarlier(earlier: EarlierRequest): Rendered {
  if (earlier === "other") throw new Problem("idempotency-key-reused");
  if (earlier === "unanswered") throw new Problem("idempotency-key-in-use", { retryAfterSeconds: 1 });
  if (earlier === "lost") throw new Problem("response-lost");
  return { ...earlier, headers: { ...earlier.headers, "idempotency-replayed": "true" } };
}

/** Keeps a response. A refusal is forgotten: it changed nothing, and its cause may be removed. */
async function keepResponse(
  { pool, encryption }: RepetitionNeeds,
  request: KeyedRequest,
  { status, headers, body = "" }: Rendered,
): Promise<void> {
  if (status >= 400) return deleteKey(pool, request);
  if (body instanceof Readable) return;
  await recordResponse(pool, encryption, { request, response: { status, headers, body: body.toString() } });
}

/** Finds the caller of a request and requires the permission for the operation's action. */
export async function authorize(
  { action }: { readonly action: Action },
  request: FastifyRequest,
  needs: AuthorizationNeeds,
): Promise<ApiCall> {
  const { clock, findAdminCaller, downloads } = needs;
  const { provider } = request;
  const caller = await findAdminCaller(request);
  requirePermission(caller, action, provider);
  const now = clock.now();
  const { actor, channel, productScope } = caller;
  const callerNow = createCallerCheck(needs, { request, action, caller });
  const mayStill: AccessCheck = (when) =>
    // While the database is away, nothing is sent either.
    callerNow(when).then(
      () => true,
      (error: unknown) => !(error instanceof Problem),
    );
  return {
    provider,
    caller,
    now,
    by: {
      actor,
      channel,
      productScope,
      adminPortalUrl: needs.adminPortalUrl(provider),
      developerPortalUrl: needs.developerPortalUrl(provider),
      now,
    },
    callerNow,
    mayStill,
    streamBody: (parts) => downloads.open(provider.id, whilePermitted(parts, mayStill)),
    inTurn: (work) => downloads.render([String(provider.id)], work),
  };
}

export interface AuthorizationNeeds {
  readonly clock: Clock;
  /** The public base URL of a provider's Admin Portal, without a trailing slash. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly findAdminCaller: FindAdminCaller;
  readonly downloads: Downloads;
}

/** A changed caller of a long request is checked after this time at the latest. */
const checkAgainMs = 1000;

function createCallerCheck(
  { clock, findAdminCaller }: Pick<AuthorizationNeeds, "clock" | "findAdminCaller">,
  {
    request,
    action,
    ...at
  }: { readonly request: FastifyRequest; readonly action: Action; readonly caller: AdminCaller },
): CallerCheck {
  let { caller } = at;
  let checkedAtMs = clock.monotonicMs();
  return async (when) => {
    if (when !== "now" && clock.monotonicMs() - checkedAtMs < checkAgainMs) return caller;
    checkedAtMs = clock.monotonicMs();
    await request.findProviderAgain();
    caller = await findAdminCaller(request);
    requirePermission(caller, action, request.provider);
    return caller;
  };
}

/**
 * Lists that are rendered at once. Each takes up to 20 MB: 20 at once, of a hundred objects with 60 kB each, killed a process with 256 MB.
 * More would be no faster, because rendering keeps the event loop busy.
 */
const rendersMax = 4;

/** The bodies that are being sent in parts, by provider. Each holds some megabytes of this process while its client reads slowly. */
export class Downloads {
  readonly #open = new Map<number, number>();
  /** Renders a body in memory. Providers take turns. */
  readonly render: FairQueue = createFairQueue({ slots: rendersMax, waitingMax: Infinity, retryAfterSeconds: 1 });

  /** Returns the body of these parts. Throws a Problem if the provider has too many. */
  open(providerId: number, parts: AsyncIterable<string | Buffer>): Readable {
    const open = this.#open.get(providerId) ?? 0;
    if (open >= streamLimits.downloads.max) throw new Problem("too-many-streams", { retryAfterSeconds: 60 });
    this.#open.set(providerId, open + 1);
    return Readable.from(parts, { objectMode: false }).once("close", () => this.#close(providerId));
  }

  #close(providerId: number): void {
    const left = (this.#open.get(providerId) ?? 1) - 1;
    if (left > 0) this.#open.set(providerId, left);
    else this.#open.delete(providerId);
  }
}

/** Checks at the end in any case: rows of a provider that has moved away may be missing. Without its end, the body is not complete. */
async function* whilePermitted<Part>(parts: AsyncIterable<Part>, mayStill: AccessCheck): AsyncGenerator<Part, void> {
  const requirePermitted = async (when?: "now"): Promise<void> => {
    if (!(await mayStill(when))) throw new Error("The caller lost the permission while the response was being sent.");
  };
  for await (const part of parts) {
    await requirePermitted();
    yield part;
  }
  await requirePermitted("now");
}

/** Returns a path of an operation as Fastify's router takes it: `/accounts/:id`. */
export const routeUrl = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** Returns the names of the parameters in a path. */
export const pathParameters = (path: string): readonly string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
