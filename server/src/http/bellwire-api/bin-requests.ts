import {
  checkBinSignature,
  diffBinRequests,
  formatBytes,
  maskBody,
  maskingFor,
  type RequestDiff,
  textOfBody,
  unalignedLinesMax,
} from "#http/shared/bin-requests.ts";
import { type Static, Type } from "typebox";
import { recordAudit } from "#access/index.ts";
import { parseRowId } from "#platform/ids.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import {
  type Bin,
  type BinRequest,
  type ForwardResult,
  listBinRequests,
  readBin,
  readBinRequestBody,
  readBinRequests,
  searchableParts,
} from "#request-bin/index.ts";
import { type SignatureCheck, signatureReasons } from "#webhooks/attempts/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { checkForwardUrl } from "../shared/bin-requests.ts";
import { Problem } from "../shared/problem.ts";
import { binAuditOf, binKeyOf, binParams } from "./bins.ts";
import { Nullable, pageLimit, pageOf, pageQuery, parseCursor, representAs, Timestamp } from "./fields.ts";
import { type Operation, operation, Reply, requireFound, mayChangeWebhooks } from "./operation.ts";

/** A pair as JSON Schema 2020-12 and OpenAPI 3.1 write it. TypeBox's tuples follow the older form. */
const Header = Type.Unsafe<[string, string]>({
  type: "array",
  description: "A name and a value.",
  prefixItems: [Type.String(), Type.String()],
  minItems: 2,
  maxItems: 2,
});

const verdict = Nullable(
  Type.Enum(["valid", "invalid", "missing"], {
    description:
      "Checked with the secrets of the endpoints that send to this bin. Null if there is none, or if there are more secrets than are tried and none of those matches.",
  }),
);

const SignatureCheckSchema = Type.Object(
  {
    verdict,
    reason: Nullable(
      Type.Enum([...signatureReasons], {
        description:
          "The reason for a failure. A `valid` signature may have `timestamp-too-old` or `timestamp-in-future`, which receivers refuse.",
      }),
    ),
    sentence: Type.String({ description: "An explanation for developers." }),
    endpoint_id: Nullable(Type.Integer({ description: "The endpoint whose secret matches the signature." })),
  },
  { title: "BinSignatureCheck" },
);

const AnswerSchema = Type.Object(
  {
    status: Type.Integer(),
    delay_ms: Type.Integer(),
    rule: Nullable(Type.String({ description: "The name of the rule that answered. Null: the default response." })),
  },
  { title: "BinRequestAnswer", description: "The bin's response." },
);

const ForwardSchema = Type.Object(
  {
    at: Timestamp,
    url: Type.String({ description: "Query values are masked." }),
    status: Nullable(Type.Integer({ description: "The status of the response. Null without a response." })),
    error: Nullable(Type.String({ description: "Why there was no response." })),
    latency_ms: Type.Integer(),
    body: Type.String({ description: "The first 4 KiB of the response. Empty if the request is masked." }),
  },
  { title: "BinForward", description: "The last time the request was forwarded." },
);

const BinRequestSchema = Type.Object(
  {
    number: Type.Integer({ description: "Counted from 1 in the order of arrival." }),
    received_at: Timestamp,
    method: Type.String(),
    path: Type.String(),
    query: Type.String(),
    headers: Type.Array(Header, { description: "As received." }),
    masked: Type.Boolean({
      description:
        "True for callers who may not change webhooks, such as read-only tokens: credentials, query values, and headers that may hold " +
        "secrets are masked. `body` is indented then, and empty if it cannot be masked.",
    }),
    body: Type.String({
      description: `The first ${formatBytes(binLimits.shownBodyBytes.max)} of it. \`readBinRequestBody\` returns all of it.`,
    }),
    body_encoding: Type.Enum(["utf-8", "base64"], {
      description: "`base64` when the body is not text.",
    }),
    body_bytes: Type.Integer({ description: "The length of the whole body." }),
    body_truncated: Type.Boolean({ description: "True if `body` is truncated." }),
    signature: verdict,
    signature_check: SignatureCheckSchema,
    answer: Nullable(AnswerSchema),
    forward: Nullable(ForwardSchema),
    forwarding: Type.Boolean({ description: "It waits to be forwarded, or is being forwarded." }),
  },
  { title: "BinRequest", description: "A received request." },
);

const DiffLineSchema = Type.Object({
  change: Type.Enum(["same", "removed", "added"]),
  text: Type.String(),
});
const DiffSchema = Type.Object(
  {
    head: Type.Array(DiffLineSchema, { description: "Request line and headers, sorted by name." }),
    body: Nullable(
      Type.Array(DiffLineSchema, {
        description: "The first part of the bodies, JSON and XML indented. Null if one is not text.",
      }),
    ),
    same_body: Type.Boolean({ description: "Whether these parts are byte-identical." }),
    too_different: Type.Boolean({
      description: `The bodies differ so much that the first ${unalignedLinesMax} lines of each are listed, as removed and added.`,
    }),
  },
  { title: "BinRequestDiff" },
);

interface Viewer {
  /** Otherwise credentials and secrets are masked. */
  readonly maySeeSecrets: boolean;
}

const toForward = representAs(ForwardSchema);
const representForward = (result: ForwardResult, { maySeeSecrets }: Viewer) =>
  toForward({
    ...result,
    url: maskUrl(result.url),
    body: maySeeSecrets ? result.body : "", // the target may repeat the request
  });

export function representBinRequest(
  request: BinRequest,
  check: SignatureCheck,
  { maySeeSecrets }: Viewer,
): Static<typeof BinRequestSchema> {
  const { number, receivedAt, method, path, body, bodyBytes, answerStatus, forwardResult } = request;
  const isTruncated = body.length < bodyBytes;
  const masking = maskingFor(maySeeSecrets);
  const { endpointId, ...checked } = check;
  return {
    number,
    received_at: receivedAt.toISOString(),
    method,
    path,
    query: masking.query(request.query),
    headers: masking.headers(request.headers).map(([name, value]) => [name, value]),
    masked: !maySeeSecrets,
    ...representBody(textOfBody(body, isTruncated), body, { maySeeSecrets }),
    body_bytes: bodyBytes,
    body_truncated: isTruncated,
    signature: check.verdict,
    signature_check: { ...checked, endpoint_id: endpointId },
    answer:
      answerStatus === null
        ? null
        : { status: answerStatus, delay_ms: request.answerDelayMs ?? 0, rule: request.answerRule },
    forward: forwardResult && representForward(forwardResult, { maySeeSecrets }),
    forwarding: request.isForwarding,
  };
}

function representBody(text: string | undefined, body: Buffer, { maySeeSecrets }: Viewer) {
  if (!maySeeSecrets) return { body: (text && maskBody(text)) ?? "", body_encoding: "utf-8" } as const;
  if (text === undefined) return { body: body.toString("base64"), body_encoding: "base64" } as const;
  return { body: text, body_encoding: "utf-8" } as const;
}

export const representDiff = ({ head, body, isSameBody, isTooDifferent }: RequestDiff): Static<typeof DiffSchema> => ({
  head: [...head],
  body: body && [...body],
  same_body: isSameBody,
  too_different: isTooDifferent,
});

const RequestNumber = (description: string) => Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description });
const requestParams = Type.Object({ ...binParams.properties, number: RequestNumber("The request's number.") });

const requestKey = ({ providerId, id }: Pick<Bin, "providerId" | "id">) => ({ providerId, binId: id });

export const binRequestOperations: readonly Operation[] = [
  operation({
    id: "listBinRequests",
    title: "List the requests of a bin, newest first",
    description:
      `Each as received, with a signature check. Secrets are masked for callers who may not change webhooks. A page holds ${formatBytes(binLimits.pageBytes.max)} at most, so it may be shorter than \`limit\` and have a ` +
      `\`next\` all the same. A bin keeps the newest ${binLimits.keptRequests.max} requests, and ${formatBytes(binLimits.keptBytes.max)} of them.`,
    method: "GET",
    path: "/bins/{id}/requests",
    action: "read-webhooks",
    params: binParams,
    query: Type.Object({
      ...pageQuery,
      q: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: `Only requests that contain this text, in any case. Of a body, the first ${formatBytes(binLimits.shownBodyBytes.max)} are searched. If requests are masked, only method, path and event type are.`,
        }),
      ),
      in: Type.Optional(
        Type.Enum([...searchableParts], {
          default: "any",
          description: "The part of the request to search. `path` includes the query, `header` names and values.",
        }),
      ),
    }),
    responses: { 200: pageOf(BinRequestSchema) },
    async handle({ pool, secretsOfBin }, call) {
      const bin = requireFound(await readBin(pool, binKeyOf(call.provider, call.params)));
      const { limit = pageLimit, after, q, in: within = "any" } = call.query;
      const page = { before: parseCursor(after, parseRowId), limit };
      const maySeeSecrets = mayChangeWebhooks(call.caller, call.provider);
      const search = q === undefined ? undefined : { text: q, within, isMasked: !maySeeSecrets };
      const { requests, hasMore } = await listBinRequests(pool, { ...requestKey(bin), ...page, search });
      const secrets = await secretsOfBin(bin);
      const data: Static<typeof BinRequestSchema>[] = [];
      for (const request of requests) {
        const check = await checkBinSignature(pool, bin, { request, secrets });
        data.push(representBinRequest(request, check, { maySeeSecrets }));
      }
      return { data, next: hasMore ? String(requests.at(-1)?.number ?? "") || null : null };
    },
  }),
  operation({
    id: "readBinRequest",
    title: "Read a request of a bin",
    description:
      "As received, with a signature check, the bin's response and the last time it was forwarded. Secrets are masked for callers who may not change webhooks.",
    method: "GET",
    path: "/bins/{id}/requests/{number}",
    action: "read-webhooks",
    params: requestParams,
    responses: { 200: BinRequestSchema },
    async handle({ pool, secretsOfBin }, { provider, caller, params }) {
      const bin = requireFound(await readBin(pool, binKeyOf(provider, params)));
      const [request] = await readBinRequests(pool, requestKey(bin), [params.number]);
      const secrets = await secretsOfBin(bin);
      const found = requireFound(request);
      const check = await checkBinSignature(pool, bin, { request: found, secrets });
      return representBinRequest(found, check, { maySeeSecrets: mayChangeWebhooks(caller, provider) });
    },
  }),
  operation({
    id: "readBinRequestBody",
    title: "Download the body of a request",
    description:
      "Its bytes, regardless of their `Content-Type`. Only for callers who may change webhooks, as they are not masked.",
    method: "GET",
    path: "/bins/{id}/requests/{number}/body",
    action: "change-webhooks",
    params: requestParams,
    responses: {
      200: {
        description: `The whole body, up to ${formatBytes(binLimits.bodyBytes.max)}.`,
        content: { "application/octet-stream": { schema: Type.String({ format: "binary" }) } },
      },
    },
    async handle({ pool }, { provider, params: { id, number } }) {
      const body = requireFound(await readBinRequestBody(pool, { providerId: provider.id, binId: id, number }));
      return new Reply(200, body, {
        "content-type": "application/octet-stream",
        "x-content-type-options": "nosniff",
      });
    },
  }),
  operation({
    id: "compareBinRequests",
    title: "Compare two requests of a bin",
    description:
      "Line by line: the request line and headers, and the bodies with indentation. Secrets are masked for callers who may not change webhooks.",
    method: "GET",
    path: "/bins/{id}/diff",
    action: "read-webhooks",
    params: binParams,
    query: Type.Object({
      from: RequestNumber("The number of the first request."),
      to: RequestNumber("The number of the second request."),
    }),
    responses: { 200: DiffSchema },
    async handle({ pool }, { provider, caller, params, query: { from, to } }) {
      const bin = requireFound(await readBin(pool, binKeyOf(provider, params)));
      const requests = await readBinRequests(pool, requestKey(bin), [from, to]);
      const [first, second] = requests.length === 2 ? requests : [];
      const masking = maskingFor(mayChangeWebhooks(caller, provider));
      return representDiff(diffBinRequests(requireFound(first), requireFound(second), masking));
    },
  }),
  operation({
    id: "forwardBinRequest",
    title: "Forward a request of a bin now",
    description:
      "Sends it once, through the guard and the name resolver of deliveries, and returns the result. Redirects are not followed. " +
      `Waits up to ${binLimits.forwardSeconds.max} s for the response.`,
    method: "POST",
    path: "/bins/{id}/requests/{number}/forward",
    action: "change-webhooks",
    params: requestParams,
    body: Type.Object(
      {
        url: Type.Optional(
          Type.String({ minLength: 1, maxLength: 2048, description: "Default: the bin's `forward_url`." }),
        ),
      },
      { title: "BinForwardRequest", additionalProperties: false },
    ),
    responses: { 200: ForwardSchema },
    async handle(needs, { provider, params, body, by: { actor } }) {
      const { pool, forwarder } = needs;
      const bin = requireFound(await readBin(pool, binKeyOf(provider, params)));
      const url = body.url ?? bin.forwardUrl;
      const wrong = url === null ? "can't be blank: the bin has no forward_url" : await checkForwardUrl(url, needs);
      if (url === null || wrong !== undefined) throw new Problem("invalid", { errors: { url: [wrong ?? ""] } });
      const result = await forwarder.forward({ ...requestKey(bin), number: params.number }, url);
      if (result === "busy") throw new Problem("too-many-requests", { retryAfterSeconds: 1 });
      const forwarded = requireFound(result);
      await pool.inTransaction((tx) =>
        recordAudit(tx, {
          ...binAuditOf(bin),
          actor,
          action: "bin.request_forwarded",
          detail: { number: params.number, url: maskUrl(url) },
        }),
      );
      return representForward(forwarded, { maySeeSecrets: true }); // by the action of this operation
    },
  }),
];
