import { parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { recordAudit } from "#access/index.ts";
import { binLimits, formatBytes } from "#platform/limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  updateBin,
  createBin,
  deleteBin,
  listBinRequests,
  listBins,
  readBin,
  readBinRequestBody,
  type Bin,
  type BinRequest,
} from "#request-bin/index.ts";
import type { SignatureVerdict } from "#webhooks/attempts/index.ts";
import { verifyBinRequest } from "../shared/bin-signature.ts";
import { Problem } from "../shared/problem.ts";
import { Nullable, pageLimit, pageOf, pageQuery, parseCursor, representPage, Timestamp } from "./fields.ts";
import { noContentResponse, created, noContent, operation, Reply, requireFound, type Operation } from "./operation.ts";

const answer_status = Type.Integer({ minimum: 200, maximum: 599, description: "The status that it answers with." });
const answer_delay_ms = Type.Integer({
  minimum: 0,
  maximum: binLimits.answerDelaySeconds.max * 1000,
  description: "How long it waits before it answers.",
});

const BinSchema = Type.Object(
  {
    id: Type.String(),
    url: Type.String({ description: "Takes any request. Whoever knows it cannot see what came." }),
    view_url: Type.String({
      description:
        "A secret: shows what the bin caught to whoever knows it, and lets them change its answer. Credentials, query " +
        "values and headers that may hold secrets are hidden, except from admins who are signed in to the Admin Portal.",
    }),
    answer_status,
    answer_delay_ms,
    requests_caught: Type.Integer({ description: "The number of requests received. The newest are stored." }),
    created_at: Timestamp,
  },
  { title: "Bin", description: "A receiver for tests." },
);

const BinChangeSchema = Type.Partial(Type.Object({ answer_status, answer_delay_ms }), {
  title: "BinAnswerChange",
  additionalProperties: false,
});

/** A pair as JSON Schema 2020-12 and OpenAPI 3.1 write it. TypeBox's tuples follow the older form. */
const Header = Type.Unsafe<[string, string]>({
  type: "array",
  description: "A name and a value.",
  prefixItems: [Type.String(), Type.String()],
  minItems: 2,
  maxItems: 2,
});

const BinRequestSchema = Type.Object(
  {
    number: Type.Integer({ description: "Counted from 1 in the order of arrival." }),
    received_at: Timestamp,
    method: Type.String(),
    path: Type.String(),
    query: Type.String(),
    headers: Type.Array(Header, { description: "As they came." }),
    body: Type.String({
      description: `The first ${formatBytes(binLimits.shownBodyBytes.max)} of it. The rest is read with \`readBinRequestBody\`.`,
    }),
    body_encoding: Type.Enum(["utf-8", "base64"], {
      description: "`base64` when the body is not text.",
    }),
    body_bytes: Type.Integer({ description: "How long the whole body is." }),
    body_truncated: Type.Boolean({ description: "Whether `body` is its beginning only." }),
    signature: Nullable(
      Type.Enum(["valid", "invalid", "missing"], {
        description: "Checked with the secrets of the endpoints that point here. Null when none does.",
      }),
    ),
  },
  { title: "BinRequest", description: "A request as it came." },
);

/** Represents a bin whose URLs start with `origin`, which has no trailing slash. */
export const representBin = (bin: Bin, origin: string): Static<typeof BinSchema> => ({
  id: bin.id,
  url: `${origin}/bins/${bin.id}`,
  view_url: `${origin}/bins/${bin.id}/view?key=${bin.viewKey}`,
  answer_status: bin.answerStatus,
  answer_delay_ms: bin.answerDelayMs,
  requests_caught: bin.requestsCaught,
  created_at: bin.createdAt.toISOString(),
});

export function representBinRequest(
  request: BinRequest,
  signature: SignatureVerdict | null,
): Static<typeof BinRequestSchema> {
  const { number, receivedAt, method, path, query, headers, body, bodyBytes } = request;
  const isTruncated = body.length < bodyBytes;
  const text = decodeText(body, isTruncated);
  return {
    number,
    received_at: receivedAt.toISOString(),
    method,
    path,
    query,
    headers: headers.map(([name, value]) => [name, value]),
    body: text ?? body.toString("base64"),
    body_encoding: text === undefined ? "base64" : "utf-8",
    body_bytes: bodyBytes,
    body_truncated: isTruncated,
    signature,
  };
}

/** Returns undefined for bytes that are not UTF-8. Leaves out a character that the truncation cut. */
function decodeText(body: Buffer, isTruncated: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isTruncated });
  } catch {
    return undefined;
  }
}

const tag = "Bins";
const params = Type.Object({ id: Type.String({ pattern: "^[\\w-]+$", description: "The bin's id." }) });

const keyOf = (provider: Provider, { id }: Static<typeof params>) => ({ providerId: provider.id, id });
const auditOf = ({ providerId, id }: Pick<Bin, "providerId" | "id">) => ({ providerId, subject: `bin/${id}` });

export const binOperations: readonly Operation[] = [
  operation({
    id: "listBins",
    tag,
    title: "List the bins",
    description: "By age, a page at a time.",
    method: "GET",
    path: "/bins",
    action: "read-webhooks",
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(BinSchema) },
    async handle({ pool, adminPortalUrl }, { provider, query: { limit = pageLimit, after } }) {
      const last = after === undefined ? undefined : await readBin(pool, { providerId: provider.id, id: after });
      const from = parseCursor(after, () => last?.id); // the position of a deleted bin is lost
      const bins = await listBins(pool, { providerId: provider.id, after: from, limit: limit + 1 });
      const origin = adminPortalUrl(provider);
      return representPage(bins, limit, { represent: (bin) => representBin(bin, origin), cursorOf: ({ id }) => id });
    },
  }),
  operation({
    id: "createBin",
    tag,
    title: "Create a bin",
    description: "A receiver for tests: its URL accepts any request, and its view shows the received requests.",
    method: "POST",
    path: "/bins",
    action: "change-webhooks",
    body: BinChangeSchema,
    responses: { 201: BinSchema },
    async handle({ pool, adminPortalUrl }, { provider, by: { actor }, body }) {
      const answer = { answerStatus: body.answer_status, answerDelayMs: body.answer_delay_ms };
      const bin = await pool.inTransaction(async (tx) => {
        const inserted = await createBin(tx, { providerId: provider.id, ...answer });
        const audit = auditOf({ providerId: provider.id, id: inserted.id });
        await recordAudit(tx, { ...audit, actor, action: "bin.created", detail: {} });
        return inserted;
      });
      return created(`/bins/${bin.id}`, representBin(bin, adminPortalUrl(provider)));
    },
  }),
  operation({
    id: "readBin",
    tag,
    title: "Read a bin",
    description: "With what it answers, and how much it has caught.",
    method: "GET",
    path: "/bins/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: BinSchema },
    async handle({ pool, adminPortalUrl }, call) {
      const bin = requireFound(await readBin(pool, keyOf(call.provider, call.params)));
      return representBin(bin, adminPortalUrl(call.provider));
    },
  }),
  operation({
    id: "changeBin",
    tag,
    title: "Change a bin's response",
    description: "Sets the status and the delay, for testing how a sender reacts.",
    method: "PATCH",
    path: "/bins/{id}",
    action: "change-webhooks",
    params,
    body: BinChangeSchema,
    responses: { 200: BinSchema },
    async handle({ pool, adminPortalUrl }, call) {
      const key = keyOf(call.provider, call.params);
      const answer = { answerStatus: call.body.answer_status, answerDelayMs: call.body.answer_delay_ms };
      const bin = await pool.inTransaction(async (tx) => {
        const changed = await updateBin(tx, key, answer);
        const audit = { ...auditOf(key), actor: call.by.actor, detail: answer };
        if (changed) await recordAudit(tx, { ...audit, action: "bin.changed" });
        return changed;
      });
      return representBin(requireFound(bin), adminPortalUrl(call.provider));
    },
  }),
  operation({
    id: "deleteBin",
    tag,
    title: "Delete a bin with its requests",
    description: "Its URL no longer accepts requests.",
    method: "DELETE",
    path: "/bins/{id}",
    action: "change-webhooks",
    params,
    responses: noContentResponse,
    async handle({ pool }, call) {
      const key = keyOf(call.provider, call.params);
      const isDeleted = await pool.inTransaction(async (tx) => {
        if (!(await deleteBin(tx, key))) return false;
        await recordAudit(tx, { ...auditOf(key), actor: call.by.actor, action: "bin.deleted", detail: {} });
        return true;
      });
      if (!isDeleted) throw new Problem("not-found");
      return noContent;
    },
  }),
  operation({
    id: "listBinRequests",
    tag,
    title: "List the requests of a bin, newest first",
    description:
      `Each as it came, with a verdict on its signature. A page holds ${formatBytes(binLimits.pageBytes.max)} at most, so it may be shorter than \`limit\` and have a ` +
      `\`next\` all the same. A bin keeps the newest ${binLimits.keptRequests.max} requests, and ${formatBytes(binLimits.keptBytes.max)} of them.`,
    method: "GET",
    path: "/bins/{id}/requests",
    action: "read-webhooks",
    params,
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(BinRequestSchema) },
    async handle({ pool, secretsOfBin }, call) {
      const bin = requireFound(await readBin(pool, keyOf(call.provider, call.params)));
      const { limit = pageLimit, after } = call.query;
      const page = { before: parseCursor(after, parseRowId), limit };
      const { requests, hasMore } = await listBinRequests(pool, { providerId: bin.providerId, binId: bin.id, ...page });
      const secrets = await secretsOfBin(bin);
      const data: Static<typeof BinRequestSchema>[] = [];
      for (const request of requests) {
        data.push(representBinRequest(request, await verifyBinRequest(pool, bin, { request, secrets })));
      }
      return { data, next: hasMore ? String(requests.at(-1)?.number ?? "") || null : null };
    },
  }),
  operation({
    id: "readBinRequestBody",
    tag,
    title: "Download the body of a request",
    description: "Its bytes, whatever their `Content-Type` was.",
    method: "GET",
    path: "/bins/{id}/requests/{number}/body",
    action: "read-webhooks",
    params: Type.Object({
      ...params.properties,
      number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: "The request's number." }),
    }),
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
];
