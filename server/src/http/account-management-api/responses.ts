import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import type { ApiCall, Rendered } from "#http/shared/operation.ts";
import { Problem, problemOfError, type FieldErrors, type ProblemCode } from "#http/shared/problem.ts";
import { queryString } from "#http/shared/forms.ts";
import { type Attributes, isRecord, type Json, list, type Node, record, value } from "#platform/document.ts";
import { renderIndentedXml, renderXmlDocument, renderXmlParts, toXmlText } from "#platform/xml.ts";

export type Format = "xml" | "json";

type FormatRequest = Pick<FastifyRequest, "params" | "url" | "headers"> & { readonly body?: unknown };

const contentTypes = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
} as const satisfies Record<Format, string>;

/** Returns the requested format, in this order: the path's extension, the parameter `format`, Accept, XML. */
export function negotiateFormat(
  request: FormatRequest,
  offered: readonly Format[],
  { hasOneExtension = false }: { readonly hasOneExtension?: boolean } = {},
): Format {
  const requested = requestedFormat(request);
  const format = offered.find((candidate) => candidate === requested);
  if (!format) throw new Problem(hasOneExtension && hasExtension(request) ? "not-found" : "format-unknown");
  return format;
}

const hasExtension = ({ params }: FormatRequest): boolean => isRecord(params) && params["extension"] !== undefined;

/** Returns the format of an error: the requested one, or XML if that is unknown. */
const formatOfError = (request: FormatRequest): Format => (requestedFormat(request) === "json" ? "json" : "xml");

function requestedFormat(request: FormatRequest): string | undefined {
  const extension = isRecord(request.params) ? request.params["extension"] : undefined;
  // Does not throw on a malformed query: the error response needs a format, too.
  const byQuery = new URLSearchParams(queryString(request)).getAll("format").at(-1);
  const byName = extension ?? byQuery ?? formatInBody(request.body);
  return typeof byName === "string" ? byName.toLowerCase() : acceptedFormat(request.headers.accept ?? "*/*");
}

/** Returns a known format only, because the body may have a field of the provider with that name. */
const formatInBody = (body: unknown): Format | undefined =>
  isRecord(body) ? (["xml", "json"] as const).find((format) => format === body["format"]) : undefined;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  /** Its position in the list: of two with equal quality, the first wins. */
  readonly position: number;
}

/** Returns the preferred format by RFC 9110 §12.5.1: the most specific range that matches a format gives its quality. */
function acceptedFormat(accept: string): Format | undefined {
  const ranges = accept.split(",").flatMap((part, position): readonly MediaRange[] => {
    const [, type = "", quality = "1"] = /^\s*([^\s;]+)(?:.*;\s*q=([\d.]+))?/i.exec(part) ?? [];
    return type === "" ? [] : [{ type: type.toLowerCase(), quality: Number(quality), position }];
  });
  if (ranges.length === 0) return "xml";
  const acceptable = (["xml", "json"] as const).flatMap((format) => {
    const range = mostSpecificRange(format, ranges);
    return range && range.quality > 0 ? [{ format, ...range }] : [];
  });
  return acceptable.toSorted((a, b) => b.quality - a.quality || a.position - b.position)[0]?.format;
}

function mostSpecificRange(format: Format, ranges: readonly MediaRange[]): MediaRange | undefined {
  const bySpecificity = [[`application/${format}`, `text/${format}`], ["application/*", "text/*"], ["*/*"]];
  const matches = bySpecificity.map((types) => ranges.find(({ type }) => types.includes(type)));
  return matches.find((range) => range !== undefined);
}

/** A rendered body. A list is rendered in parts while it is sent, because it may not fit into memory. */
export type Body = string | AsyncIterable<string>;

/** The result of an operation. The body is empty if the negotiated format has no renderer. */
export interface ApiResponse {
  /** 422: a refused transition that shows the object. 201: a new object without an address. Default 200, or 201 with a `location`. */
  readonly status?: 201 | 422;
  /** The path of the new object, below `/admin/api`. */
  readonly location?: string;
  readonly xml?: () => Body;
  readonly json?: () => Body;
  readonly lastModified?: Date;
}

/** The documentation of a response: the schema of its JSON, and an example in each format. */
export interface ResponseDoc {
  readonly schema: TSchema;
  readonly example: Pick<ApiResponse, "xml" | "json">;
}

export async function renderResponse(
  request: FastifyRequest,
  {
    format,
    adminUrl,
    streamBody,
    inTurn,
  }: { readonly format: Format; readonly adminUrl: string } & Pick<ApiCall, "streamBody" | "inTurn">,
  response: ApiResponse,
): Promise<Rendered> {
  const rendered = response[format]?.();
  const { location, status = location === undefined ? 200 : 201 } = response;
  const headers = {
    ...(location !== undefined && { location: `${adminUrl}/admin/api${location}` }),
    "content-type": contentTypes[format],
  };
  if (rendered === undefined) return { status: 200, headers, body: "" };
  const body = typeof rendered === "string" ? rendered : await inTurn(() => bufferStream(inTurns(rendered)));
  // An ETag needs the whole body.
  if (typeof body !== "string" && !Buffer.isBuffer(body)) return { status: 200, headers, body: streamBody(body) };

  const tag = `W/"${hash("sha256", body, "base64url").slice(0, 27)}"`;
  const { lastModified } = response;
  const validated = { ...headers, etag: tag, ...(lastModified && { "last-modified": lastModified.toUTCString() }) };
  if (isFresh(request, tag)) return { status: 304, headers: validated, body: undefined };
  return { status, headers: validated, body };
}

/**
 * Returns true if the caller's cached copy is current. Compares only the ETag: `Last-Modified` covers the object's own row,
 * but the body also shows rows of others (an account's users, an application's keys), and two updates may share a second.
 */
function isFresh({ method, headers }: FastifyRequest, tag: string): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const tags = headers["if-none-match"]?.split(",") ?? [];
  return tags.some((candidate) => ["*", tag, tag.slice(2)].includes(candidate.trim()));
}

/** Characters that are rendered in one turn of the event loop: three to eight milliseconds. */
const turnLength = 256 * 1024;

/** Joins parts to chunks, and lets other work of the process run after each. */
async function* inTurns(parts: AsyncIterable<string>): AsyncGenerator<string, void> {
  let chunk = "";
  for await (const part of parts) {
    chunk += part;
    if (chunk.length < turnLength) continue;
    yield chunk;
    chunk = "";
    await nextTurn();
  }
  yield chunk;
}

/** Bytes. Longer bodies are streamed, without an ETag: 500 objects of 8 kB each. */
const bufferedMax = 4_000_000;

/** Returns a stream's content as one buffer, or as a stream with backpressure if it is longer than `bufferedMax`. */
export async function bufferStream(chunks: AsyncIterable<string>): Promise<Buffer | AsyncIterable<string | Buffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const buffered: Buffer[] = [];
  let size = 0;
  while (size <= bufferedMax) {
    const next = await iterator.next();
    if (next.done) return Buffer.concat(buffered);
    const bytes = Buffer.from(next.value);
    buffered.push(bytes);
    size += bytes.length;
  }
  return resumeStream(buffered, iterator);
}

async function* resumeStream(
  buffered: readonly Buffer[],
  rest: AsyncIterator<string>,
): AsyncGenerator<string | Buffer, void> {
  yield* buffered;
  yield* { [Symbol.asyncIterator]: () => rest };
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Renders JSON with 3scale's escapes, which make it safe inside HTML. */
export const renderJson = (json: unknown): string =>
  JSON.stringify(json).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);

export const idSchema = Type.Integer();
export const timeSchema = Type.String({ format: "date-time" });
export const timestamps = { created_at: timeSchema, updated_at: timeSchema };
export const linksSchema = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));
export const optionalBoolean = Type.Optional(Type.Boolean());
export const optionalText = Type.Optional(Type.String());

export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const metadataSchema = Type.Optional(
  Type.Object(
    {
      per_page: Type.Integer(),
      total_entries: Type.Integer(),
      total_pages: Type.Integer(),
      current_page: Type.Integer(),
    },
    { title: "Metadata", description: "The position of this page in the list. Absent if the list has one page." },
  ),
);

/*
 * Lists are read and rendered in parts, so that other requests of the process are served in between. A page of 500 objects with long
 * fields has up to 100 MB, which took seconds.
 */

/** Objects in memory, or objects that are read while they are rendered. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Renders a list as an XML document. Its items are represented one at a time. */
export async function* renderXmlList<Item>(
  name: string,
  items: Items<Item>,
  represent: (item: Item) => Node,
  attributes?: Attributes,
): AsyncGenerator<string, void> {
  const end = `</${name}>`;
  yield renderXmlDocument(record(name, [], attributes)).slice(0, -end.length);
  for await (const item of items) yield* renderXmlParts(represent(item));
  yield end;
}

/** Renders a list as the only property of a JSON object, except for the metadata of a page. Its items are represented one at a time. */
export async function* renderJsonList<Item>(
  name: string,
  items: Items<Item>,
  represent: (item: Item) => unknown,
  metadata?: object,
): AsyncGenerator<string, void> {
  yield `{${renderJson(name)}:[`;
  let separator = "";
  for await (const item of items) {
    yield separator + renderJson(represent(item));
    separator = ",";
  }
  yield metadata ? `],"metadata":${renderJson(metadata)}}` : "]}";
}

/** Objects that are in memory at once, unless an account has more of them. */
const batchSize = 100;

/** Reads the objects of a page in batches, by their ids. Leaves out those that `read` does not find. */
export async function* readInBatches<Item>(
  ids: readonly number[],
  read: (ids: readonly number[]) => Promise<readonly Item[]>,
  size = batchSize,
): AsyncGenerator<Item, void> {
  for (let start = 0; start < ids.length; start += size) yield* await read(ids.slice(start, start + size));
}

/** Answers all errors below `http`, unknown paths included, as 3scale does. */
export function handleErrors(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  http.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    request.params = { extension: /\.(\w+)$/.exec(path)?.[1] }; // as the router sets it for known paths
    return sendProblem(reply, new Problem("not-found"));
  });
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const format = formatOfError(reply.request);
  const { status, text, isPlain } = renderError(problem, format, reply.request.id);
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  return reply
    .code(status)
    .type(isPlain ? "text/plain; charset=utf-8" : contentTypes[format])
    .send(text);
}

interface RenderedError {
  readonly status: number;
  readonly text: string;
  /** Plain text in every format. */
  readonly isPlain?: true;
}

/** 3scale's shapes of errors: an `error` element, a `status` that only JSON shows, an empty body, or plain text. */
type ErrorShape = { readonly status?: 403; readonly error: string } | { readonly word: string } | "empty" | "plain";

const accessDenied = { status: 403, error: "Access denied" } as const;

/** Problems that are missing here are an `error` element with their own status and message. */
const shapes: Partial<Record<ProblemCode, ErrorShape>> = {
  "credentials-missing": accessDenied,
  "credentials-wrong": accessDenied,
  "wrong-host": accessDenied,
  "host-unknown": accessDenied,
  "permission-missing": { error: "Your access token does not have the correct permissions" },
  "role-missing": { word: "Forbidden" },
  "services-narrowed": { word: "Forbidden" },
  "webhooks-denied": { word: "Forbidden" },
  "provider-suspended": "empty",
  "not-found": { word: "Not found" },
  conflict: "empty",
  "time-invalid": { error: "invalid time" },
  "parameter-missing": "plain",
  "parameter-type-wrong": "plain",
  "format-unknown": "plain",
};

/** Renders a problem with the status and in the shape that 3scale uses for it. */
export function renderError(problem: Problem, format: Format, requestId: string): RenderedError {
  const { code, status, message, errors = {} } = problem;
  const render = (xml: Node | undefined, json: unknown): string =>
    format === "xml" ? (xml ? renderXmlDocument(xml) : "") : renderJson(json);

  if (code === "invalid" || code === "not-deletable" || code === "limit-reached") {
    const worded = inWordsOf3scale(errors);
    return { status, text: render(errorSentences(worded), { errors: worded }) };
  }
  const shape = shapes[code] ?? { error: code === "internal" ? `${message} Request id: ${requestId}` : message };
  if (shape === "empty") return { status, text: "" };
  if (shape === "plain") return { status, text: message, isPlain: true };
  if ("word" in shape) return { status, text: render(undefined, { status: shape.word }) };
  return {
    status: shape.status ?? status,
    text: render(value("error", toXmlText(shape.error)), { error: shape.error }),
  };
}

/** 3scale's translation of Rails' "is invalid" has no verb. That of a limit's period is not translated. */
const inWordsOf3scale = (errors: FieldErrors): FieldErrors =>
  Object.fromEntries(
    Object.entries(errors).map(([field, messages]) => [
      field,
      messages.map((message) => (message === "is invalid" && field !== "period" ? "invalid" : message)),
    ]),
  );

const errorSentences = (errors: FieldErrors): Node =>
  list(
    "errors",
    sentencesOf(errors).map((sentence) => value("error", toXmlText(sentence))),
    "open",
  );

const sentencesOf = (errors: FieldErrors): readonly string[] =>
  Object.entries(errors).flatMap(([field, messages]) => messages.map((message) => errorSentence(field, message)));

/** Fields whose label in 3scale's sentences does not follow from the parameter's name. */
const labels: Readonly<Record<string, string>> = {
  org_name: "Organization/Group Name",
  org_legaladdress: "Legal Address",
  org_legaladdress_cont: "Legal Address (cont)",
  telephone_number: "Telephone Number",
  vat_code: "VAT Code",
  state_region: "State / Region",
  country: "Country of Residence",
  zip: "ZIP Code",
  po_number: "PO Number",
};

/** Joins a field and its error, as Rails does: "user_key" and "invalid" become "User key invalid". */
function errorSentence(field: string, message: string): string {
  if (field === "base") return message;
  const words = field.replace(/_id$/, "").replaceAll(/[_.]/g, " ").trim();
  return `${labels[field] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`} ${message}`;
}

interface Refused {
  readonly refused: FieldErrors;
}

/** A parameter names an object that does not exist. */
interface NotFound<Name> {
  readonly notFound: Name;
}

/** The current state does not allow the change. */
interface NotAllowed<Reason> {
  readonly notAllowed: Reason;
  /** The number of objects that prevent the change. */
  readonly count?: number;
}

/** 3scale's own sentences, with their double spaces, where 3scale has one. */
const denialSentences = {
  "always there": "Built-in fields cannot be deleted",
  "last admin": "Can't delete last admin",
  "only admin": "The last admin must remain an active admin",
  "last product": "This product cannot be removed",
  "account_plan in use": "This account plan cannot be deleted! At least one account depends on it.",
  "account_plan customized":
    "This account plan cannot be deleted!  At least one customized version of this account plan exists.",
  "application_plan in use": "This application plan cannot be deleted! At least one application depends on it.",
  "application_plan customized":
    "This application plan cannot be deleted!  At least one customized version of this application plan exists.",
  "service_plan in use": "This service plan cannot be deleted! At least one contract depends on it.",
  "service_plan customized":
    "This service plan cannot be deleted!  At least one customized version of this service plan exists.",
  "applications in use": (count: number) =>
    count === 1
      ? "There is 1 unsuspended application subscribed to the service"
      : `There are ${count} unsuspended applications subscribed to the service`,
  hits: "The Hits metric cannot be deleted",
  "last key": "The last key cannot be deleted: this application needs one",
  developers: "Developers may not do this",
} as const satisfies Record<string, string | ((count: number) => string)>;

type DenialReason = keyof typeof denialSentences;

/** Returns the result of a use case that succeeded, or throws the Problem that its refusal stands for. */
export function requireSuccess<Done extends object, Name extends string = never, Reason extends DenialReason = never>(
  outcome: Done | Refused | NotFound<Name> | NotAllowed<Reason> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  if (isNotAllowed(outcome)) throw new Problem("not-deletable", { errors: { base: [denialSentence(outcome)] } });
  return outcome;
}

function denialSentence({ notAllowed, count = 0 }: NotAllowed<DenialReason>): string {
  const sentence = denialSentences[notAllowed];
  return typeof sentence === "string" ? sentence : sentence(count);
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
const isNotAllowed = (outcome: object): outcome is NotAllowed<DenialReason> => "notAllowed" in outcome;

interface RefusedTransition {
  readonly from: string;
  readonly event: string;
  /** The errors of an invalid object. Without them, its state does not allow the transition. */
  readonly errors?: FieldErrors;
  /** The object, unchanged. */
  readonly object: { readonly xml: () => Node; readonly json: () => Json };
}

/** Renders the refusal of a transition. It shows the object. */
export function renderRefusedTransition({ from, event, errors, object }: RefusedTransition): ApiResponse {
  const transition = `State cannot transition via "${event.replaceAll("_", " ")}"`;
  const error = errors ? sentencesOf(errors).join(", ") : transition;
  return {
    status: 422,
    xml: () =>
      renderIndentedXml(
        record("error", [value("from", from), value("event", event), value("error", error), object.xml()]),
      ),
    json: () => renderJson({ error: { from, event, error, object: object.json() } }),
  };
}
