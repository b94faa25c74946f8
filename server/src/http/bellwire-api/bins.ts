import { Type, type Static } from "typebox";
import { changeWithAudit, recordAudit } from "#access/index.ts";
import { parseRowId } from "#platform/ids.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import type { Provider } from "#portal/providers/index.ts";
import {
  AnswerRulesSchema,
  type Bin,
  type BinPosition,
  type BinSettings,
  checkAnswerRules,
  createBin,
  createShare,
  deleteBin,
  listBins,
  listShares,
  mayBeBinId,
  readBin,
  revokeShare,
  updateBin,
} from "#request-bin/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { checkForwardUrl } from "../shared/bin-requests.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  representAs,
  representPage,
  Timestamp,
  valuesOf,
} from "./fields.ts";
import {
  type Operation,
  type OperationNeeds,
  created,
  noContent,
  noContentResponse,
  operation,
  requireFound,
  mayChangeWebhooks,
} from "./operation.ts";

const settings = {
  name: Type.String({
    maxLength: 100,
    pattern: "^[^\\u0000-\\u001f\\u007f]*$",
    description: "One line, shown in lists and on the bin's page. May be empty.",
  }),
  answer_status: Type.Integer({ minimum: 200, maximum: 599, description: "The status of the default response." }),
  answer_delay_ms: Type.Integer({
    minimum: 0,
    maximum: binLimits.answerDelaySeconds.max * 1000,
    description: "The wait before the default response.",
  }),
  answer_rules: AnswerRulesSchema,
  forward_url: Nullable(
    Type.String({
      minLength: 1,
      maxLength: 2048,
      description:
        "Each new request is also sent there once, with its method, headers (without cookies), query and body, through the guard " +
        "that checks endpoint URLs. Null: nothing is forwarded. Its secrets are masked for callers who may not change the bin.",
    }),
  ),
};

const BinSchema = Type.Object(
  {
    id: Type.String(),
    url: Type.String({
      description: "Accepts any request, also at paths below it (`/orders/7`). Grants no access to the requests.",
    }),
    view_url: Type.String({
      description:
        "A secret: shows the requests to anyone who has it, and allows changing the responses. Credentials, query values and " +
        "headers that may hold secrets are masked, except for admins who are signed in to the Admin Portal. Callers who may not " +
        "change the bin get it without the secret.",
    }),
    ...settings,
    requests_caught: Type.Integer({ description: "The number of requests received. The newest are stored." }),
    created_at: Timestamp,
  },
  { title: "Bin", description: "A receiver for tests." },
);

const BinChangeSchema = Type.Partial(Type.Object(settings), { title: "BinChange", additionalProperties: false });

const toBin = representAs(BinSchema);

/**
 * Represents a bin whose URLs start with `origin`, which has no trailing slash. Callers who may not change it get neither its view
 * key, which changes its responses, nor the secrets of the URL that it forwards to.
 */
export const representBin = (
  bin: Bin,
  { origin, mayChange }: { readonly origin: string; readonly mayChange: boolean },
) =>
  toBin({
    ...bin,
    url: `${origin}/bins/${bin.id}`,
    viewUrl: `${origin}/bins/${bin.id}/view${mayChange ? `?key=${bin.viewKey}` : ""}`,
    forwardUrl: mayChange || bin.forwardUrl === null ? bin.forwardUrl : maskUrl(bin.forwardUrl),
  });

const ShareSchema = Type.Object(
  { id: IdOf("the link"), created_at: Timestamp, expires_at: Timestamp },
  { title: "BinShare", description: "A link that shows a bin's requests until it expires." },
);
const NewShareSchema = Type.Object(
  {
    ...ShareSchema.properties,
    url: Type.String({ description: "A secret. Shown only now, because its digest is stored." }),
  },
  { title: "NewBinShare" },
);

export const representShare = representAs(ShareSchema);

export const binParams = Type.Object({
  id: Type.String({ pattern: "^[\\w-]+$", description: "The bin's id." }),
});

export const binKeyOf = (provider: Provider, { id }: Static<typeof binParams>) => ({ providerId: provider.id, id });
export const binAuditOf = ({ providerId, id }: Pick<Bin, "providerId" | "id">) => ({
  providerId,
  subject: `bin/${id}`,
});

/** Throws a Problem unless rules and URL are accepted. */
async function parseSettings(needs: OperationNeeds, body: Static<typeof BinChangeSchema>): Promise<BinSettings> {
  const { forward_url: forwardUrl, answer_rules: answerRules } = body;
  const errors: Record<string, readonly string[]> = { ...checkAnswerRules(answerRules ?? []) };
  const wrongUrl = typeof forwardUrl === "string" ? await checkForwardUrl(forwardUrl, needs) : undefined;
  if (wrongUrl !== undefined) errors["forward_url"] = [wrongUrl];
  if (Object.keys(errors).length > 0) throw new Problem("invalid", { errors });
  return { ...valuesOf(body), name: body.name?.trim() };
}

function parseBinCursor(text: string): BinPosition | undefined {
  const [time = "", id = "", ...rest] = text.split("~");
  const createdUs = parseRowId(time);
  return createdUs !== undefined && mayBeBinId(id) && rest.length === 0 ? { createdUs, id } : undefined;
}

const shareParams = Type.Object({ ...binParams.properties, share_id: IdOf("the link") });

export const binOperations: readonly Operation[] = [
  operation({
    id: "listBins",
    title: "List the bins",
    description: "By age, a page at a time.",
    method: "GET",
    path: "/bins",
    action: "read-webhooks",
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(BinSchema) },
    async handle({ pool, adminPortalUrl }, { provider, caller, query: { limit = pageLimit, after } }) {
      const page = { providerId: provider.id, after: parseCursor(after, parseBinCursor), limit: limit + 1 };
      const bins = await listBins(pool, page);
      const origin = adminPortalUrl(provider);
      const mayChange = mayChangeWebhooks(caller, provider);
      return representPage(bins, limit, {
        represent: (bin) => representBin(bin, { origin, mayChange }),
        cursorOf: ({ createdUs, id }) => `${createdUs}~${id}`,
      });
    },
  }),
  operation({
    id: "createBin",
    title: "Create a bin",
    description: "A receiver for tests: its URL accepts any request, and its view shows the received requests.",
    method: "POST",
    path: "/bins",
    action: "change-webhooks",
    body: BinChangeSchema,
    responses: { 201: BinSchema },
    async handle(needs, { provider, by: { actor }, body }) {
      const parsed = await parseSettings(needs, body);
      const bin = await needs.pool.inTransaction(async (tx) => {
        const inserted = await createBin(tx, { providerId: provider.id, ...parsed });
        const audit = binAuditOf({ providerId: provider.id, id: inserted.id });
        await recordAudit(tx, { ...audit, actor, action: "bin.created", detail: {} });
        return inserted;
      });
      return created(`/bins/${bin.id}`, representBin(bin, { origin: needs.adminPortalUrl(provider), mayChange: true }));
    },
  }),
  operation({
    id: "readBin",
    title: "Read a bin",
    description: "With its responses and the number of received requests.",
    method: "GET",
    path: "/bins/{id}",
    action: "read-webhooks",
    params: binParams,
    responses: { 200: BinSchema },
    async handle({ pool, adminPortalUrl }, call) {
      const bin = requireFound(await readBin(pool, binKeyOf(call.provider, call.params)));
      return representBin(bin, {
        origin: adminPortalUrl(call.provider),
        mayChange: mayChangeWebhooks(call.caller, call.provider),
      });
    },
  }),
  operation({
    id: "changeBin",
    title: "Change a bin",
    description:
      "Renames it, scripts its responses to test the reaction of a sender, or forwards its requests. Omitted settings stay.",
    method: "PATCH",
    path: "/bins/{id}",
    action: "change-webhooks",
    params: binParams,
    body: BinChangeSchema,
    responses: { 200: BinSchema },
    async handle(needs, call) {
      const key = binKeyOf(call.provider, call.params);
      const parsed = await parseSettings(needs, call.body);
      const change = { actor: call.by.actor, action: "bin.changed", detail: { changed: Object.keys(call.body) } };
      const bin = await changeWithAudit(needs.pool, { ...binAuditOf(key), ...change }, (tx) =>
        updateBin(tx, key, parsed),
      );
      return representBin(requireFound(bin), { origin: needs.adminPortalUrl(call.provider), mayChange: true });
    },
  }),
  operation({
    id: "deleteBin",
    title: "Delete a bin with its requests",
    description: "Its URL no longer accepts requests.",
    method: "DELETE",
    path: "/bins/{id}",
    action: "change-webhooks",
    params: binParams,
    responses: noContentResponse,
    async handle({ pool }, call) {
      const key = binKeyOf(call.provider, call.params);
      const audit = { ...binAuditOf(key), actor: call.by.actor, action: "bin.deleted", detail: {} };
      if (!(await changeWithAudit(pool, audit, (tx) => deleteBin(tx, key)))) throw new Problem("not-found");
      return noContent;
    },
  }),
  operation({
    id: "listBinShares",
    title: "List the share links of a bin",
    description: "Those that have not expired, newest first. Their URLs are not stored.",
    method: "GET",
    path: "/bins/{id}/shares",
    action: "read-webhooks",
    params: binParams,
    responses: { 200: Type.Object({ data: Type.Array(ShareSchema) }) },
    async handle({ pool, clock }, call) {
      const bin = requireFound(await readBin(pool, binKeyOf(call.provider, call.params)));
      const shares = await listShares(pool, { providerId: bin.providerId, binId: bin.id }, clock.now());
      return { data: shares.map(representShare) };
    },
  }),
  operation({
    id: "createBinShare",
    title: "Create a share link of a bin",
    description: "A link that shows the requests, with secrets masked, until it expires. It can change nothing.",
    method: "POST",
    path: "/bins/{id}/shares",
    action: "change-webhooks",
    params: binParams,
    body: Type.Object(
      {
        hours: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: binLimits.shareHours.max,
            default: 24,
            description: "The time until it expires.",
          }),
        ),
      },
      { title: "BinShareRequest", additionalProperties: false },
    ),
    responses: { 201: NewShareSchema },
    async handle({ pool, clock, adminPortalUrl }, { provider, params, by: { actor }, body: { hours = 24 } }) {
      const key = binKeyOf(provider, params);
      const binKey = { providerId: key.providerId, binId: key.id };
      const newShare = await pool.inTransaction(async (tx) => {
        const share = await createShare(tx, binKey, { now: clock.now(), seconds: hours * 3600 });
        const audit = { ...binAuditOf(key), actor, detail: { hours } };
        if (typeof share !== "string") await recordAudit(tx, { ...audit, action: "bin.shared" });
        return share;
      });
      if (newShare === "no bin") throw new Problem("not-found");
      if (newShare === "full") throw new Problem("limit-reached", { detail: tooManyShares });
      const url = `${adminPortalUrl(provider)}/bins/${key.id}/view?share=${newShare.secret}`;
      return created(`/bins/${key.id}/shares`, { ...representShare(newShare.share), url });
    },
  }),
  operation({
    id: "revokeBinShare",
    title: "Revoke a share link",
    description: "It shows nothing from now on. Open pages close within seconds.",
    method: "DELETE",
    path: "/bins/{id}/shares/{share_id}",
    action: "change-webhooks",
    params: shareParams,
    responses: noContentResponse,
    async handle({ pool }, { provider, params, by: { actor } }) {
      const key = binKeyOf(provider, params);
      const binKey = { providerId: key.providerId, binId: key.id };
      const audit = { ...binAuditOf(key), actor, action: "bin.share_revoked", detail: {} };
      const isRevoked = await changeWithAudit(pool, audit, (tx) => revokeShare(tx, binKey, params.share_id));
      if (!isRevoked) throw new Problem("not-found");
      return noContent;
    },
  }),
];

const { max: sharesMax, name: sharesLimit } = binLimits.shares;
const tooManyShares = `This bin has ${sharesMax} share links, and ${sharesMax} are allowed (${sharesLimit}). Revoke one first.`;
