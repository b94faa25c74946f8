import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import { verifyBinRequest } from "#http/shared/bin-signature.ts";
import { createTemplateRenderer } from "#http/shared/pages.ts";
import { indentXml } from "#platform/xml.ts";
import type { Bin, BinRequest } from "#request-bin/index.ts";
import type { SignatureVerdict } from "#webhooks/attempts/index.ts";
import { type RequestBinNeeds, type Viewer, indentJson, maskBody, maskHeaders, maskQuery, viewPath } from "./viewer.ts";

interface RequestPage {
  readonly requests: readonly BinRequest[];
  /** The number of the page's oldest request, if older ones follow. */
  readonly older: number | undefined;
  /** The newest page also shows requests as they arrive. */
  readonly isNewest: boolean;
}

interface BinMessage {
  readonly status: number;
  readonly text: string;
  /** False on a host without a provider, which has no pages to link to. */
  readonly hasHome?: boolean;
}

export interface BinPages {
  page(reply: FastifyReply, viewer: Viewer, page: RequestPage): Promise<FastifyReply>;
  /** Renders one request as the viewer's page shows it. */
  request(viewRequest: FastifyRequest, viewer: Viewer, request: BinRequest): Promise<string>;
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
  const assets = { css: assetPaths["bin.css"], js: assetPaths["bin.js"], icon: assetPaths["icon.svg"] };
  const send = async (reply: FastifyReply, status: number, html: Promise<string>): Promise<FastifyReply> =>
    reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(await html);
  const contextOf = async (viewRequest: FastifyRequest, viewer: Viewer): Promise<RenderContext> => ({
    viewer,
    binUrl: `${originOf(viewRequest)}/bins/${viewer.bin.id}`,
    secrets: await secretsOfBin(viewer.bin),
  });
  const message = (reply: FastifyReply, { status, text, hasHome = true }: BinMessage): Promise<FastifyReply> =>
    send(reply, status, render("message", { assets, text, has_home: hasHome }));

  return {
    message,
    async page(reply, viewer, { requests, older, isNewest }) {
      const { bin, isAdmin } = viewer;
      const context = await contextOf(reply.request, viewer);
      const documents = [];
      for (const [index, request] of requests.entries()) {
        const document = await queue.run(async () => {
          const signature = await verifyBinRequest(pool, bin, { request, secrets: context.secrets });
          return representRequest(request, signature, context);
        });
        documents.push({ ...document, is_open: index < openRequestsMax });
      }
      const html = render("bin", {
        assets,
        is_newest: isNewest,
        is_masked: !isAdmin,
        paths: pathsOf(bin, older),
        bin: { url: context.binUrl, requests_caught: bin.requestsCaught },
        ...answerChoices(bin),
        requests: documents,
      });
      return send(reply, 200, html);
    },
    async request(viewRequest, viewer, request) {
      const context = await contextOf(viewRequest, viewer);
      const signature = await verifyBinRequest(pool, viewer.bin, { request, secrets: context.secrets });
      const document = representRequest(request, signature, context);
      return render("request", { request: { ...document, is_open: true } });
    },
  };
}

const pathsOf = (bin: Bin, older: number | undefined) => ({
  newest: viewPath(bin),
  older: older === undefined ? undefined : viewPath(bin, "", { before: String(older) }),
  answer: viewPath(bin, "/answer"),
  stream: viewPath(bin, "/stream"),
});

interface RenderContext {
  readonly viewer: Viewer;
  readonly binUrl: string;
  /** The signing secrets of the endpoints that point to the bin. */
  readonly secrets: readonly string[];
}

/** Represents a request for the page's template. Only admins see secrets and the command that repeats the request. */
function representRequest(
  request: BinRequest,
  signature: SignatureVerdict | null,
  { viewer, binUrl }: Omit<RenderContext, "secrets">,
) {
  const { bin, isAdmin } = viewer;
  const { number, method, body, bodyBytes, receivedAt } = request;
  const isTruncated = body.length < bodyBytes;
  const query = isAdmin ? request.query : maskQuery(request.query);
  const headers = isAdmin ? request.headers : maskHeaders(request.headers);
  const header = (name: string): string | undefined => headers.find(([field]) => field.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = textOf(body, isTruncated);
  return {
    number,
    method,
    query,
    event_type: eventType,
    attempt,
    replay: header("bellwire-replay"),
    is_test: header("bellwire-test") === "true",
    signature: representSignature(signature),
    received_at: receivedAt.toISOString(),
    received_at_text: receivedAt.toISOString().slice(11, 23),
    facts: [
      eventType && (query === "" ? method : `${method} ?${query}`),
      attempt && `attempt ${attempt}`,
      header("content-type"),
      formatBytes(bodyBytes),
    ].filter(Boolean),
    headers: headers.map(([name, value]) => ({ name, value })),
    body: isAdmin
      ? representBody(text, { bodyBytes, isTruncated })
      : representMaskedBody(text, { bodyBytes, isTruncated }),
    body_path: isAdmin ? viewPath(bin, `/requests/${number}/body`) : undefined,
    curl: !isAdmin || isTruncated ? undefined : renderCurl(request, binUrl, text),
  };
}

function representSignature(verdict: SignatureVerdict | null): { kind: string; text: string } {
  if (verdict === "missing") return { kind: "missing", text: "Not signed" };
  if (verdict === null) return { kind: "missing", text: "Signature not checked: no endpoint points here" };
  return verdict === "valid"
    ? { kind: "valid", text: "Signature valid" }
    : { kind: "invalid", text: "Signature invalid" };
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
  const shown = indentJson(text) ?? indentXml(text) ?? text;
  return { kind: "text", shown, ...(shown === text ? {} : { as_received: text }) };
}

function representMaskedBody(text: string | undefined, { bodyBytes, isTruncated }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const shown = maskBody(text);
  return shown === undefined ? { kind: "hidden" } : { kind: "text", shown, is_truncated: isTruncated };
}

/** Returns undefined for bytes that are not UTF-8 or contain control characters. A truncated text may end within a character. */
function textOf(body: Buffer, isTruncated: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isTruncated });
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const formatBytes = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

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
export const answerChoices = ({ answerStatus, answerDelayMs }: Readonly<Record<Answer, number>>) => ({
  statuses: markChosen(answerStatuses, { status: answerStatus, label: "Set elsewhere" }, ({ status }) => status),
  delays: markChosen(
    answerDelays.map((ms) => delayChoice(ms)),
    delayChoice(answerDelayMs),
    ({ delay_ms: ms }) => ms,
  ),
});

type Answer = "answerStatus" | "answerDelayMs";

const delayChoice = (ms: number) => ({ delay_ms: ms, label: `${ms / 1000} s` });

function markChosen<Choice>(choices: readonly Choice[], chosen: Choice, valueOf: (choice: Choice) => number) {
  const isListed = choices.some((choice) => valueOf(choice) === valueOf(chosen));
  return (isListed ? choices : [...choices, chosen])
    .toSorted((a, b) => valueOf(a) - valueOf(b))
    .map((choice) => ({ ...choice, is_chosen: valueOf(choice) === valueOf(chosen) }));
}

/** Headers that curl sends by itself. */
const implicitHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
]);

/** Renders a command for a POSIX shell that repeats the request. */
export function renderCurl(
  { method, query, headers, body }: Pick<BinRequest, "method" | "query" | "headers" | "body">,
  url: string,
  text: string | undefined,
): string {
  const target = query === "" ? url : `${url}?${query}`;
  const parts = [
    `curl -X ${shellQuote(method)} ${shellQuote(target)}`,
    ...headers
      .filter(([name]) => !implicitHeaders.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
  ];
  if (body.length === 0) return parts.join(" \\\n  ");
  if (text !== undefined) return [...parts, `--data-binary ${shellQuote(text)}`].join(" \\\n  ");
  return `echo ${body.toString("base64")} | base64 -d | ${[...parts, "--data-binary @-"].join(" \\\n  ")}`;
}

const shellQuote = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/**
 * Runs jobs in order, one at a time, with a turn of the event loop before each. Reading and rendering one request takes up to
 * 15 ms, so concurrent streams would delay every other request by a second and more.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(job: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => nextTurn()).then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
