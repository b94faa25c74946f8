import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  checkBinSignature,
  foldUnchanged,
  formatBytes,
  indentBody,
  maskBody,
  maskingFor,
  type RequestDiff,
  textOfBody,
  unalignedLinesMax,
} from "#http/shared/bin-requests.ts";
import { createTemplateRenderer } from "#http/shared/pages.ts";
import { createFairQueue } from "#platform/fair-queue.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import {
  type Bin,
  type BinRequest,
  type BinRequestSearch,
  type BinShare,
  pathBelow,
  searchableParts,
} from "#request-bin/index.ts";
import type { SignatureCheck } from "#webhooks/attempts/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { type RequestBinNeeds, type Viewer, viewerPath } from "./viewer.ts";

interface RequestPage {
  readonly requests: readonly BinRequest[];
  /** The number of the page's oldest request, if older ones follow. */
  readonly older: number | undefined;
  /** The newest page also shows requests as they arrive. */
  readonly isNewest: boolean;
  readonly search: Pick<BinRequestSearch, "text" | "within"> | undefined;
  /** Only for admins. */
  readonly shares: readonly BinShare[];
}

interface BinMessage {
  readonly status: number;
  readonly text: string;
  /** False on a host without a provider, which has no pages to link to. */
  readonly hasHome?: boolean;
  /** Leads back to a page of the bin. */
  readonly back?: string;
}

interface Compared {
  readonly numbers: readonly [number, number];
  readonly diff: RequestDiff;
}

export interface BinPages {
  page(reply: FastifyReply, viewer: Viewer, page: RequestPage): Promise<FastifyReply>;
  /** Renders one request as the viewer's page shows it. */
  request(viewRequest: FastifyRequest, viewer: Viewer, request: BinRequest): Promise<string>;
  comparison(reply: FastifyReply, viewer: Viewer, compared: Compared): Promise<FastifyReply>;
  /** Shows a new share link, once. */
  share(
    reply: FastifyReply,
    viewer: Viewer,
    link: { readonly url: string; readonly share: BinShare },
  ): Promise<FastifyReply>;
  message(reply: FastifyReply, message: BinMessage): Promise<FastifyReply>;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

/** The first requests of a page are open, the others are collapsed. */
const openRequestsMax = 3;

export function createBinPages(
  { pool, originOf, secretsOfBin, queue }: RequestBinNeeds & { readonly queue: SerialQueue },
  assetPaths: Readonly<Record<string, string>>,
): BinPages {
  const render = createTemplateRenderer(templates);
  const assets = assetsOf(assetPaths);
  const send = async (reply: FastifyReply, status: number, html: Promise<string>): Promise<FastifyReply> =>
    reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(await html);
  const contextOf = async (viewRequest: FastifyRequest, viewer: Viewer) => ({
    viewer,
    binUrl: `${originOf(viewRequest)}/bins/${viewer.bin.id}`,
    secrets: await secretsOfBin(viewer.bin),
  });

  return {
    message: (reply, { status, text, hasHome = true, back }) =>
      send(reply, status, render("message", { assets, text, has_home: hasHome, back })),
    async page(reply, viewer, page) {
      const context = await contextOf(reply.request, viewer);
      const documents = [];
      for (const [index, request] of page.requests.entries()) {
        const document = await queue.run(viewer.bin.providerId, async () => {
          const check = await checkBinSignature(pool, viewer.bin, { request, secrets: context.secrets });
          return representRequest(request, check, context);
        });
        documents.push({ ...document, is_open: index < openRequestsMax });
      }
      const data = { ...representPage(viewer, page, context.binUrl), ...zoneOf(reply), requests: documents };
      return send(reply, 200, render("bin", { assets, ...data }));
    },
    async request(viewRequest, viewer, request) {
      const context = await contextOf(viewRequest, viewer);
      const check = await checkBinSignature(pool, viewer.bin, { request, secrets: context.secrets });
      const document = representRequest(request, check, context);
      return render("request", { request: { ...document, is_open: true } });
    },
    comparison: (reply, viewer, compared) =>
      send(reply, 200, render("compare", { assets, ...representComparison(viewer, compared) })),
    share(reply, viewer, { url, share }) {
      const data = { url, expires_at: share.expiresAt.toISOString(), back: viewerPath(viewer), ...zoneOf(reply) };
      return send(reply, 201, render("share", { assets, ...data }));
    },
  };
}

/** The provider's time zone, in which the page's script shows times, as the Admin Portal does. */
const zoneOf = ({ request }: FastifyReply) => ({ time_zone: request.provider.timeZone });

const assetsOf = (paths: Readonly<Record<string, string>>) => ({
  css: paths["bin.css"],
  js: paths["bin.js"],
  rules: paths["answer-rules.js"],
  icon: paths["icon.svg"],
});

/** Represents everything of the page except its requests. */
function representPage(viewer: Viewer, { older, isNewest, search, shares }: RequestPage, binUrl: string) {
  const { bin, isAdmin, mayChange, maySend } = viewer;
  const labels = isAdmin ? partLabels : maskedPartLabels;
  return {
    is_newest: isNewest,
    is_masked: !isAdmin,
    may_change: mayChange,
    may_send: maySend,
    is_shared: viewer.credential["share"] !== undefined,
    credential: Object.entries(viewer.credential).map(([name, value]) => ({ name, value })),
    paths: pathsOf(viewer, { older, search }),
    bin: {
      name: bin.name,
      url: binUrl,
      requests_caught: bin.requestsCaught,
      requests_caught_text: bin.requestsCaught.toLocaleString("en"),
      rules: JSON.stringify(bin.answerRules, null, 2),
      rules_count: bin.answerRules.length,
      forward_url: maySend ? bin.forwardUrl : bin.forwardUrl && maskUrl(bin.forwardUrl),
    },
    ...answerChoices(bin),
    search,
    parts: searchableParts.flatMap((part) => {
      const label = labels[part];
      return label === undefined ? [] : [{ part, label, is_chosen: part === search?.within }];
    }),
    shares: shares.map((share) => ({
      expires_at: share.expiresAt.toISOString(),
      revoke_path: viewerPath(viewer, `/shares/${share.id}/revoke`),
    })),
    share_times: shareTimes,
    limits: limitSentences,
  };
}

function representComparison(viewer: Viewer, { numbers: [first, second], diff }: Compared) {
  return {
    back: viewerPath(viewer),
    is_masked: !viewer.isAdmin,
    first,
    second,
    swap: viewerPath(viewer, "/compare", { from: String(second), to: String(first) }),
    same_head: diff.head.every(({ change }) => change === "same"),
    same_body: diff.isSameBody,
    too_different: diff.isTooDifferent,
    unaligned_lines: unalignedLinesMax,
    parts: [
      { title: "Request line and headers", lines: foldUnchanged(diff.head) },
      ...(diff.body ? [{ title: "Body, indented", lines: foldUnchanged(diff.body) }] : []),
    ],
    has_body: diff.body !== null,
  };
}

type PartLabels = Readonly<Partial<Record<(typeof searchableParts)[number], string>>>;

const partLabels: PartLabels = {
  any: "Everywhere",
  method: "Method",
  path: "Path and query",
  header: "Headers",
  body: "Body",
};
/** A search by a viewer who sees secrets masked leaves the other parts out. */
const maskedPartLabels: PartLabels = { any: "Everywhere", method: "Method", path: "Path", header: "Event type" };

const shareTimes = [
  { hours: 1, label: "1 hour" },
  { hours: 24, label: "1 day" },
  { hours: 7 * 24, label: "7 days" },
  { hours: binLimits.shareHours.max, label: `${binLimits.shareHours.max / 24} days` },
];

/** States the limits that a sender or viewer may meet. */
const limitSentences = [
  `Keeps the newest ${binLimits.keptRequests.max} requests, at most ${formatBytes(binLimits.keptBytes.max)}.`,
  `Accepts bodies of ${formatBytes(binLimits.bodyBytes.max)} (beyond: 413), ${formatBytes(binLimits.bytesOfBin.max)} at once, then ${formatBytes(binLimits.bytesOfBin.perSecond)} a second (beyond: 429).`,
  `Shows, searches and compares the first ${formatBytes(binLimits.shownBodyBytes.max)} of a body.`,
  `Waits up to ${binLimits.answerDelaySeconds.max} s before a response. Has up to ${binLimits.answerRules.max} rules, ${formatBytes(binLimits.answerRulesCharacters.max)} as JSON.`,
  `Forwards each request once, without retries, within ${binLimits.forwardSeconds.max} s. Redirects are not followed.`,
  `Has up to ${binLimits.shares.max} share links, each for ${binLimits.shareHours.max / 24} days at most.`,
];

function pathsOf(viewer: Viewer, { older, search }: Pick<RequestPage, "older" | "search">) {
  const searched = search ? { q: search.text, in: search.within } : {};
  return {
    newest: viewerPath(viewer),
    older: older === undefined ? undefined : viewerPath(viewer, "", { ...searched, before: String(older) }),
    search: `/bins/${viewer.bin.id}/view`,
    compare: `/bins/${viewer.bin.id}/view/compare`,
    answer: viewerPath(viewer, "/answer"),
    name: viewerPath(viewer, "/name"),
    rules: viewerPath(viewer, "/rules"),
    forward: viewerPath(viewer, "/forward"),
    shares: viewerPath(viewer, "/shares"),
    stream: viewerPath(viewer, "/stream"),
    request: viewerPath(viewer, "/requests/NUMBER"),
  };
}

const answerStatuses = [
  { status: 200, label: "OK" },
  { status: 201, label: "Created" },
  { status: 301, label: "Moved" },
  { status: 404, label: "Not found" },
  { status: 410, label: "Gone" },
  { status: 429, label: "Too many" },
  { status: 500, label: "Error" },
  { status: 503, label: "Unavailable" },
];
const answerDelays = [0, 2000, 10_000, 70_000];

/** Returns the choices of a bin's response and marks the current ones. A value that only the API can set is one more choice. */
export const answerChoices = ({ answerStatus, answerDelayMs }: Pick<Bin, "answerStatus" | "answerDelayMs">) => ({
  statuses: markChosen(answerStatuses, { status: answerStatus, label: "Set elsewhere" }, ({ status }) => status),
  delays: markChosen(
    answerDelays.map((ms) => delayChoice(ms)),
    delayChoice(answerDelayMs),
    ({ delay_ms: ms }) => ms,
  ),
});

const delayChoice = (ms: number) => ({ delay_ms: ms, label: `${ms / 1000} s` });

function markChosen<Choice>(choices: readonly Choice[], chosen: Choice, valueOf: (choice: Choice) => number) {
  const isListed = choices.some((choice) => valueOf(choice) === valueOf(chosen));
  return (isListed ? choices : [...choices, chosen])
    .toSorted((a, b) => valueOf(a) - valueOf(b))
    .map((choice) => ({ ...choice, is_chosen: valueOf(choice) === valueOf(chosen) }));
}

/**
 * Runs one job at a time, with a turn of the event loop before each. Reading and rendering one request takes up to 15 ms, and a
 * search longer, so concurrent pages and streams would delay every other request by a second and more. Providers take turns, so
 * many jobs of one delay another by one job.
 */
export class SerialQueue {
  readonly #inTurn = createFairQueue({ slots: 1, waitingMax: Infinity, retryAfterSeconds: 1 });

  run<Result>(providerId: number, job: () => Promise<Result>): Promise<Result> {
    return this.#inTurn([String(providerId)], async () => {
      await nextTurn();
      return job();
    });
  }
}

/**
 * Represents a request for the page's template. Only admins see secrets, and the command that repeats the request. Other viewers
 * share one rendering, so it contains no key.
 */
function representRequest(
  request: BinRequest,
  check: SignatureCheck,
  { viewer, binUrl }: { readonly viewer: Viewer; readonly binUrl: string },
) {
  const { isAdmin } = viewer;
  const { number, method, body, bodyBytes, receivedAt } = request;
  const isTruncated = body.length < bodyBytes;
  const masking = maskingFor(isAdmin);
  const query = masking.query(request.query);
  const headers = masking.headers(request.headers);
  const header = (name: string): string | undefined => headers.find(([field]) => field.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = printableTextOf(body, isTruncated);
  const address = addressOf(request.path, query, viewer.bin.id);
  return {
    number,
    method,
    address,
    event_type: eventType,
    attempt,
    replay: header("bellwire-replay"),
    is_test: header("bellwire-test") === "true",
    signature: representSignature(check),
    answer: representAnswer(request),
    forward: representForward(request, viewer),
    received_at: receivedAt.toISOString(),
    received_at_text: receivedAt.toISOString().slice(11, 23),
    facts: [eventType && (address === "" ? method : `${method} ${address}`), attempt && `attempt ${attempt}`].filter(
      Boolean,
    ),
    content_type: header("content-type") ?? "No content type",
    size: formatSize(bodyBytes),
    headers: headers.map(([name, value]) => ({ name, value })),
    body: isAdmin
      ? representBody(text, { bodyBytes, isTruncated })
      : representMaskedBody(text, { bodyBytes, isTruncated }),
    body_path: isAdmin ? viewerPath(viewer, `/requests/${number}/body`) : undefined,
    forward_path: viewer.maySend ? viewerPath(viewer, `/requests/${number}/forward`) : undefined,
    forward_url: viewer.maySend ? (viewer.bin.forwardUrl ?? "") : undefined,
    curl: !isAdmin || isTruncated ? undefined : renderCurl(request, binUrl, text),
  };
}

/** Returns the path below the bin's URL and the query. */
function addressOf(path: string, query: string, binId: string): string {
  const below = path.slice(`/bins/${binId}`.length);
  return `${below === "/" ? "" : below}${query === "" ? "" : `?${query}`}`;
}

function representSignature({ verdict, reason, sentence }: SignatureCheck) {
  if (verdict === "missing") return { kind: "missing", text: "Not signed", sentence };
  if (verdict === null) return { kind: "missing", text: "Signature not checked", sentence };
  if (verdict === "invalid") return { kind: "invalid", text: "Signature invalid", sentence };
  return reason === null
    ? { kind: "valid", text: "Signature valid", sentence }
    : { kind: "warn", text: "Signature valid, but its time is not", sentence };
}

function representAnswer({ answerStatus, answerDelayMs, answerRule }: BinRequest) {
  if (answerStatus === null) return undefined;
  const after = answerDelayMs ? ` after ${answerDelayMs / 1000} s` : "";
  return {
    status: answerStatus,
    kind: answerStatus < 300 ? "good" : "bad",
    text: `${answerStatus}${after}`,
    rule: answerRule,
  };
}

/** Other viewers see that a request was forwarded and its result, but neither the target nor its response. */
function representForward({ forwardResult, isForwarding }: BinRequest, { isAdmin }: Viewer) {
  if (isForwarding) return { is_under_way: true, text: "Forwarding" };
  if (forwardResult === null) return undefined;
  const { status, error, latencyMs, url, body } = forwardResult;
  const result = status === null ? "Not forwarded" : `Forwarded: ${status} in ${latencyMs} ms`;
  return {
    text: result,
    kind: status !== null && status < 300 ? "good" : "bad",
    error: isAdmin ? error : undefined,
    url: isAdmin ? maskUrl(url) : undefined,
    body: isAdmin && body !== "" ? body : undefined,
  };
}

interface BodySize {
  readonly bodyBytes: number;
  /** True if the text is only the start of the body. */
  readonly isTruncated: boolean;
}

function representBody(text: string | undefined, { bodyBytes, isTruncated }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  if (isTruncated) return { kind: "text", shown: text, is_truncated: true };
  const indented = indentBody(text);
  return { kind: "text", shown: indented, ...(indented === text ? {} : { as_received: text }) };
}

function representMaskedBody(text: string | undefined, { bodyBytes, isTruncated }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const maskedText = maskBody(text);
  return maskedText === undefined ? { kind: "hidden" } : { kind: "text", shown: maskedText, is_truncated: isTruncated };
}

/** Returns undefined for bytes that are not UTF-8 or contain control characters. */
function printableTextOf(body: Buffer, isTruncated: boolean): string | undefined {
  const text = textOfBody(body, isTruncated);
  return text === undefined || /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
}

const formatSize = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

/** Headers that curl sends by itself. */
const implicitHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
]);

/**
 * Renders a command for a POSIX shell that repeats the request. Anybody may have sent it, so curl must neither expand its URL, where
 * `[1-99999]` stands for many requests, nor take a body that begins with `@` for the name of a file to send.
 */
export function renderCurl(
  { method, path, query, headers, body }: Pick<BinRequest, "method" | "path" | "query" | "headers" | "body">,
  url: string,
  text: string | undefined,
): string {
  const below = pathBelow(path);
  const target = `${url}${below === "/" ? "" : below}${query === "" ? "" : `?${query}`}`;
  const parts = [
    `curl --globoff --path-as-is -X ${shellQuote(method)} ${shellQuote(target)}`,
    ...headers
      .filter(([name]) => !implicitHeaders.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
  ];
  if (body.length === 0) return parts.join(" \\\n  ");
  if (text !== undefined) return [...parts, `--data-raw ${shellQuote(text)}`].join(" \\\n  ");
  return `echo ${body.toString("base64")} | base64 -d | ${[...parts, "--data-binary @-"].join(" \\\n  ")}`;
}

const shellQuote = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
