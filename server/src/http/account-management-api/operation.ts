import type { FastifyInstance, FastifyRequest } from "fastify";
import { type TObject, Type } from "typebox";
import { type AttemptLimiter, isInProductScope, type PasswordHasher } from "#access/index.ts";
import { credentialParameters } from "#http/shared/admin-caller.ts";
import {
  type ApiCall,
  type ApiOperation,
  type AuthorizationNeeds,
  type Handler,
  handlerOf,
  pathParameters,
  routeUrl,
} from "#http/shared/operation.ts";
import { readSessionCookie } from "#http/shared/sign-in.ts";
import {
  decodeUtf8,
  limitJsonValues,
  parseMultipart,
  parsePairs,
  refuseCompressedBodies,
  queryString,
} from "#http/shared/forms.ts";
import { type FieldErrors, Problem, unknownParameters } from "#http/shared/problem.ts";
import { isRecord } from "#platform/document.ts";
import { requestLimits } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { ValidateSpecification } from "#portal/products/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import { type ApiResponse, type Format, negotiateFormat, renderResponse, type ResponseDoc } from "./responses.ts";
import { parseRowId } from "#platform/ids.ts";
import { plainText } from "#portal/fields/index.ts";

export interface AccountManagementApiNeeds extends EndpointNeeds, AuthorizationNeeds {
  readonly passwords: PasswordHasher;
  /** The public base URL of a provider's Developer Portal, without a trailing slash. */
  readonly developerPortalUrl: (provider: Provider) => string;
  /** The sender of mails while the provider has no `from_email`. */
  readonly noReplyAddress: string;
  /** Bellwire's version, for the OpenAPI document. */
  readonly version: string;
}

export interface OperationNeeds extends AccountManagementApiNeeds {
  /** Keeps a stolen session from guessing the user's current password. */
  readonly passwordGuesses: AttemptLimiter;
  /** Keeps a user of the team from flooding the mailboxes of others with notices of changes. */
  readonly teamMails: AttemptLimiter;
  readonly validateSpecification: ValidateSpecification;
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

/** An operation of 3scale's API. Its title is 3scale's; its path has no extension, which routes add. */
export interface Operation extends ApiOperation<OperationNeeds, Call, ApiResponse> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path parameters that are texts. The others are ids. */
  readonly textParameters?: readonly string[];
  /** Answers in JSON only, and is documented with that extension. Others answer in XML, too. */
  readonly isJsonOnly?: true;
  /** Does not exist with another extension: 404 instead of 406. */
  readonly hasOneExtension?: true;
  /** The bytes of a body, if they may be more than `apiBodyBytes`. */
  readonly bodyBytesMax?: number;
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

export const formatsOf = ({ isJsonOnly }: Pick<Operation, "isJsonOnly">): readonly Format[] =>
  isJsonOnly ? ["json"] : ["xml", "json"];

/** Adds the routes of operations: with and without an extension, and as a POST that overrides its method. */
export function serveOperations(http: FastifyInstance, operations: readonly Operation[], needs: OperationNeeds): void {
  const frame = {
    needs,
    parse: (operation: Operation, request: FastifyRequest, call: ApiCall) => parseCall(operation, request, call, needs),
    render: renderResponse,
  };
  for (const [path, samePath] of Map.groupBy(operations, (operation) => operation.path)) {
    const handlers = new Map(
      samePath.flatMap((operation) => methodsOf(operation).map((method) => [method, handlerOf(operation, frame)])),
    );
    const texts = samePath.flatMap(({ textParameters }) => textParameters ?? []);
    const bodyLimit = Math.max(...samePath.map(({ bodyBytesMax = bodySizeMax }) => bodyBytesMax));
    const methods = new Set([...handlers.keys(), "POST"]);
    addRoute(http, { methods, path, texts, bodyLimit, handler: dispatch(handlers, needs) });
  }
}

/** Matches paths such as `/accounts/{id}/approve`. */
const namedAction = /\/\{\w+\}\/(?!permissions$|credit_card$)\w+$/;

/** Returns the methods of an operation: PUT and PATCH are synonyms, except for named actions. */
export const methodsOf = ({ method, path }: Pick<Operation, "method" | "path">): string[] => {
  if (method === "PATCH") return ["PATCH", "PUT"];
  return method === "PUT" && !namedAction.test(path) ? ["PUT", "PATCH"] : [method];
};

/** Calls the handler of the method. One route for all methods of a path: 330 for Fastify to prepare at the start, not 640. */
const dispatch =
  (handlers: ReadonlyMap<string, Handler>, { findAdminCaller }: OperationNeeds): Handler =>
  async (request, reply) => {
    const handler = handlers.get(methodOf(request));
    if (handler) return handler(request, reply);
    await findAdminCaller(request); // authenticates before it reveals that the route does not exist
    throw new Problem("not-found");
  };

/** Returns the method of the operation. A POST may override its method, because HTML forms cannot send others. */
function methodOf(request: FastifyRequest): string {
  if (request.method === "HEAD") return "GET";
  return (request.method === "POST" && overriddenMethod(request)) || request.method;
}

const overridable: ReadonlySet<string> = new Set(["PUT", "PATCH", "DELETE"]);

/** Returns the method in a form's `_method` or in `X-HTTP-Method-Override`. A JSON field does not count. */
function overriddenMethod(request: FastifyRequest): string | undefined {
  const { headers } = request;
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(headers["content-type"] ?? "");
  const field = isForm ? plainText(bodyParameters(request)["_method"]) : undefined;
  const name = (field ?? String(headers["x-http-method-override"] ?? "")).toUpperCase();
  return overridable.has(name) ? name : undefined;
}

interface Route {
  readonly methods: ReadonlySet<string>;
  readonly path: string;
  readonly texts: readonly string[];
  readonly bodyLimit: number;
  readonly handler: Handler;
}

function addRoute(http: FastifyInstance, { methods, path, texts, bodyLimit, handler }: Route): void {
  const url = routeUrl(path);
  const last = pathParameters(path).at(-1);
  if (last !== undefined && texts.includes(last) && url.endsWith(`:${last}`)) {
    // A text may contain dots, so only its last extension counts. The router would split at the first dot.
    const onRequest = async (request: FastifyRequest): Promise<void> => {
      request.params = splitExtension(request.params, last);
    };
    http.route({ method: [...methods], url, onRequest, bodyLimit, handler });
  } else {
    for (const each of [url, `${url}.:extension`]) http.route({ method: [...methods], url: each, bodyLimit, handler });
  }
}

/** Splits the extension from a text in the path: `a.b.xml` becomes `a.b` with the extension `xml`. */
export function splitExtension(params: unknown, name: string): unknown {
  const text = isRecord(params) ? params[name] : undefined;
  const [, before, extension] = (typeof text === "string" && /^(.+)\.(xml|json)$/s.exec(text)) || [];
  return isRecord(params) && before !== undefined ? { ...params, [name]: before, extension } : params;
}

function parseCall(operation: Operation, request: FastifyRequest, call: ApiCall, needs: OperationNeeds): Call {
  const format = negotiateFormat(request, formatsOf(operation), operation);
  const { provider, caller } = call;
  const [query, body] = [queryParameters(request), bodyParameters(request)];
  const parameter = (name: string): unknown => (isRecord(request.params) ? request.params[name] : undefined);
  const id = (name: string): number => {
    const parsed = parseId(parameter(name));
    if (!parsed) throw new Problem("not-found");
    return parsed;
  };
  return {
    ...call,
    format,
    session: caller.actor.kind === "admin" ? readSessionCookie(request, "admin") : undefined,
    adminUrl: requestOrigin(request, needs.adminPortalUrl(provider)),
    query: { ...body, ...query },
    values: parseValues(operation, { query, body, hasReadableBody: hasReadableType(request) }),
    id,
    serviceId: (name) => {
      const serviceId = id(name);
      if (!isInProductScope(caller.productScope, serviceId)) throw new Problem("not-found");
      return serviceId;
    },
    text: (name) => plainText(parameter(name)) ?? "",
  };
}

/** Returns the origin that the client used. A proxy that terminates TLS forwards the host, but not always the scheme. */
const requestOrigin = ({ protocol, host }: FastifyRequest, publicUrl: string): string =>
  publicUrl.endsWith(`//${host}`) ? publicUrl : `${protocol}://${host}`;

type BodyParser = (body: Buffer<ArrayBuffer>, contentType: string) => object | Promise<object>;

/** Fields that may be sent as files. Other files are ignored. */
const fileFields: ReadonlySet<string> = new Set(["body", "api_docs_service[body]"]);

const bodyParsers: Readonly<Record<string, BodyParser>> = {
  "application/json": parseJsonObject,
  "application/x-www-form-urlencoded": (body) => nestFields(parsePairs(decodeUtf8(body))),
  "multipart/form-data": async (body, contentType) =>
    body.length === 0 ? {} : nestFields(await parseMultipart(body, { contentType, fileFields })),
};

const { max: bodySizeMax } = requestLimits.apiBodyBytes;

/** Parses bodies as 3scale does: JSON, forms with brackets, and multipart forms with few of their files; of GET requests, too. */
export function addBodyParsers(http: FastifyInstance): void {
  refuseCompressedBodies(http);
  for (const [type, parse] of Object.entries(bodyParsers)) {
    http.addContentTypeParser(
      type,
      { parseAs: "buffer", bodyLimit: bodySizeMax },
      async ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) => parse(body, headers["content-type"] ?? ""),
    );
  }

  // Fastify accepts text by default, and its parameters would be ignored: a deletion with a time would delete all.
  http.removeContentTypeParser("text/plain");
  // 3scale accepts any Content-Type on an empty body.
  http.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => {
    if (body.length > 0) throw new Problem("media-type-unsupported");
    return {};
  });

  // Fastify ignores the body of a GET. Rails, and so 3scale, reads parameters from it.
  http.addHook("preValidation", async (request) => {
    if (request.method === "GET") request.body = await parseBodyOfGet(request);
  });
}

/** Returns true if the request's Content-Type is one that parameters are parsed from. */
const hasReadableType = ({ headers }: Pick<FastifyRequest, "headers">): boolean =>
  parserOf(headers["content-type"]) !== undefined;

const parserOf = (contentType = ""): BodyParser | undefined =>
  bodyParsers[(contentType.split(";", 1)[0] ?? "").trim().toLowerCase()];

async function parseBodyOfGet({ headers, raw }: FastifyRequest): Promise<object | undefined> {
  const parse = parserOf(headers["content-type"]);
  const isEmpty = Number(headers["content-length"] ?? 0) === 0 && headers["transfer-encoding"] === undefined;
  if (!parse || isEmpty) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodySizeMax) throw new Problem("body-too-large");
    chunks.push(bytes);
  }
  return parse(Buffer.concat(chunks), headers["content-type"] ?? "");
}

function parseJsonObject(body: Buffer): object {
  const text = decodeUtf8(body);
  if (text.trim() === "") return {};
  const json = parseJson(text);
  if (json === null || json === "") return {}; // axios encodes the lack of a body so, and 3scale accepts it
  if (typeof json !== "object" || Array.isArray(json)) throw new Problem("request-unreadable");
  limitJsonValues(json);
  return json;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

type PermittedParameters = Pick<
  Operation,
  "path" | "wrapper" | "wrapperMayBeEmpty" | "ignored" | "body" | "query" | "rejectsUnknown"
>;

interface SentParameters {
  readonly query: Parameters;
  readonly body: Parameters;
  /** True if the body's Content-Type is one that parameters are parsed from. */
  readonly hasReadableBody: boolean;
}

/**
 * Returns the parameters that an operation permits. Query parameters override body parameters. The content of a wrapper may
 * also stand outside of it, but then only in the body. An ignored parameter counts as sent, but changes nothing.
 */
function parseValues(operation: PermittedParameters, sent: SentParameters): Parameters {
  const { body: schema, ...permitted } = operation;
  if (operation.rejectsUnknown) rejectUnknown(operation, sent);
  const parameters = { ...sent.body, ...sent.query };
  const { wrapper } = permitted;
  const values =
    wrapper === undefined || !schema
      ? parameters
      : Object.hasOwn(parameters, wrapper)
        ? unwrap(parameters[wrapper], { ...permitted, wrapper })
        : wrapFlat(sent, { ...permitted, wrapper, known: schema.properties });
  const errors = schema ? findTypeErrors(values, schema) : {};
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return values;
}

interface Wrapper extends Pick<Operation, "wrapperMayBeEmpty"> {
  readonly wrapper: string;
}

function unwrap(wrapped: unknown, { wrapper, wrapperMayBeEmpty }: Wrapper): Parameters {
  if (wrapped === null || wrapped === "") return throwMissing(wrapper);
  if (!isRecord(wrapped)) {
    throw new Problem("parameter-type-wrong", { detail: `Wrong type for parameter: ${wrapper}` });
  }
  return Object.keys(wrapped).length > 0 || wrapperMayBeEmpty ? wrapped : throwMissing(wrapper);
}

interface FlatParameters extends Wrapper {
  readonly known: object;
  readonly ignored?: readonly string[];
}

function wrapFlat(
  { body, hasReadableBody }: SentParameters,
  { wrapper, wrapperMayBeEmpty, known, ignored = [] }: FlatParameters,
): Parameters {
  const values = Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(known, name)));
  const hasParameter = Object.keys(values).length > 0 || ignored.some((name) => Object.hasOwn(body, name));
  return hasParameter || (wrapperMayBeEmpty && hasReadableBody) ? values : throwMissing(wrapper);
}

function throwMissing(wrapper: string): never {
  throw new Problem("parameter-missing", { detail: `Required parameter missing: ${wrapper}` });
}

/** Parameters that every request may have: credentials, the format, and the method of a form. */
const commonParameters = [...credentialParameters, "format", "_method"];

function rejectUnknown(
  { path, wrapper, ignored = [], body: schema, query: querySchema }: PermittedParameters,
  { query, body }: SentParameters,
): void {
  const known = [...Object.keys(querySchema?.properties ?? {}), ...Object.keys(schema?.properties ?? {})];
  const names = [...known, ...ignored, ...commonParameters, ...pathParameters(path)]; // clients repeat the ids of the path
  const accepted = new Set([...names, ...(wrapper === undefined ? [] : [wrapper])]);
  const wrapped = wrapper === undefined ? undefined : body[wrapper];
  const sent = [query, body, isRecord(wrapped) ? wrapped : {}].flatMap((each) => Object.keys(each));
  const unknown = sent.filter((name) => !accepted.has(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
}

/** Ids have 16 digits from September 2027 on, and amounts may have as many. */
const numberPattern = /^\s*-?(?:\d{1,16}(?:\.\d{0,15})?|\.\d{1,15})\s*$/;

/** Integers are numbers, which keep most of 16 digits. Other numbers are amounts, which are parsed as texts. */
const isNumber = (type: string, text: string): boolean =>
  numberPattern.test(text) && (type === "number" || Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER);

/** Returns the type errors of values, by name. A text counts as a number if it is written as one, because forms have only texts. */
export function findTypeErrors(values: Parameters, { properties }: TObject): FieldErrors {
  const errors = Object.entries(properties).flatMap(([name, schema]): [string, readonly string[]][] => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return [];
    const error = typeError(value, "type" in schema ? String(schema.type) : "", name);
    return error === undefined ? [] : [[name, [error]]];
  });
  return Object.fromEntries(errors);
}

function typeError(value: unknown, type: string, name: string): string | undefined {
  if (type === "object") return Array.isArray(value) ? "is invalid" : undefined; // the use case checks its content
  if (type === "array") return [value].flat().every((item) => plainText(item) !== undefined) ? undefined : "is invalid";
  const text = plainText(value);
  if (text === undefined) return "is invalid";
  // A malformed id is the id of no object: the use case answers that it is not found.
  const isChecked = (type === "integer" || type === "number") && !name.endsWith("_id");
  return isChecked && text !== "" && !isNumber(type, text) ? "is not a number" : undefined;
}

export { plainText as parseText } from "#portal/fields/index.ts";

/** Named input from the query or the body. */
export type Parameters = Readonly<Record<string, unknown>>;

const bodyParameters = ({ body }: FastifyRequest): Parameters => (isRecord(body) ? body : {});

const queryParameters = (request: Pick<FastifyRequest, "url">): Parameters =>
  nestFields(parsePairs(queryString(request)));

/** Parses a parameter as a row's id. Returns 0, which no row has, if it cannot be an id. */
export function parseId(value: unknown): number | undefined {
  const text = plainText(value);
  if (text === undefined || text === "") return undefined;
  return parseRowId(text.replace(/^0+/, "")) ?? 0; // 3scale ignores leading zeros
}

type FieldValue = string | FieldValue[] | Fields;
interface Fields {
  [name: string]: FieldValue;
}

/** Deeper names stay flat. No parameter nests that far, and the limit bounds the stack and the time that a hostile form takes. */
const nestedName = /^([^[\]]+)((?:\[[^[\]]*\]){0,3})$/;

/** Parameters that become a list when they are repeated, with or without brackets. */
const listParameters: ReadonlySet<string> = new Set([
  "allowed_sections",
  "allowed_service_ids",
  "application_key",
  "choices",
  "member_permission_ids",
  "member_permission_service_ids",
  "scopes",
]);

/** Nests the fields of a form by their brackets: `a=x`, `a[b]=x`, `a[]=x`. A repeated field replaces, unless it is a list. */
export function nestFields(pairs: Iterable<readonly [string, string]>): Fields {
  const nested: Fields = {};
  for (const [name, text] of pairs) {
    const path = fieldPath(name);
    if (!path.includes("__proto__")) setField(nested, path, text);
  }
  return nested;
}

function fieldPath(name: string): readonly string[] {
  const [, first, brackets = ""] = nestedName.exec(name) ?? [];
  const inner = Array.from(brackets.matchAll(/\[([^[\]]*)\]/g), ([, bracketed = ""]) => bracketed);
  return first === undefined ? [name] : [first, ...inner];
}

function setField(fields: Fields, [first = "", ...rest]: readonly string[], text: string): void {
  const current = Object.hasOwn(fields, first) ? fields[first] : undefined;
  const isListItem = rest.length === 0 ? current !== undefined && listParameters.has(first) : rest[0] === "";
  if (isListItem && Array.isArray(current)) {
    current.push(text); // in place: a form of 1 MB can repeat a field 150,000 times
  } else if (rest.length === 0) {
    fields[first] = isListItem && current !== undefined ? [current, text] : text;
  } else if (isListItem) {
    fields[first] = [text];
  } else {
    const inner = typeof current === "object" && !Array.isArray(current) ? current : {};
    setField(inner, rest, text);
    fields[first] = inner;
  }
}

/** The default page size, and the largest. */
const perPageMax = 500;

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: "The number of the page. Starts at 1." })),
  per_page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: perPageMax, default: perPageMax, description: "The size of a page." }),
  ),
};

interface Page {
  readonly page: number;
  readonly limit: number;
  readonly offset: number;
}

/** Parses `page` and `per_page`. Invalid values count as absent. */
export function parsePage(query: Parameters): Page {
  const [number, size] = [Number(plainText(query["page"])), Number(plainText(query["per_page"]))];
  const page = Number.isInteger(number) && number >= 1 && number <= 1_000_000_000 ? number : 1;
  const limit = Number.isInteger(size) && size >= 1 && size <= perPageMax ? size : perPageMax;
  return { page, limit, offset: (page - 1) * limit };
}

export type PageMetadata = Readonly<Record<"per_page" | "total_entries" | "total_pages" | "current_page", number>>;

/** Returns a page's position in a list of several pages: attributes of the root in XML, `metadata` in JSON. */
export function pageMetadata({ page, limit }: Page, total: number): PageMetadata | undefined {
  if (total <= limit) return undefined;
  return { per_page: limit, total_entries: total, total_pages: Math.ceil(total / limit), current_page: page };
}
