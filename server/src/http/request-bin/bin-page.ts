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
  /** The number before which there are more. */
  readonly older: number | undefined;
  /** Shows the newest, and goes on as more come. */
  readonly isNewest: boolean;
}

interface BinMessage {
  readonly status: number;
  readonly says: string;
  /** Under a host that nobody is served under there is no page to go on to. */
  readonly hasHome?: boolean;
}

export interface BinPages {
  page(reply: FastifyReply, viewer: Viewer, page: RequestPage): Promise<FastifyReply>;
  /** One request, as it stands on the viewer's page. */
  request(asked: FastifyRequest, viewer: Viewer, request: BinRequest): Promise<string>;
  message(reply: FastifyReply, message: BinMessage): Promise<FastifyReply>;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

/** Open at first; below them, one line each. */
const openRequestsMax = 3;

export function createBinPages(
  { pool, originOf, secretsOfBin, turns }: RequestBinNeeds & { readonly turns: SerialQueue },
  assetPaths: Readonly<Record<string, string>>,
): BinPages {
  const write = createTemplateRenderer(templates);
  const assets = { css: assetPaths["bin.css"], js: assetPaths["bin.js"], icon: assetPaths["icon.svg"] };
  const send = async (reply: FastifyReply, status: number, html: Promise<string>): Promise<FastifyReply> =>
    reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(await html);
  const surroundingsOf = async (asked: FastifyRequest, viewer: Viewer) => ({
    viewer,
    binUrl: `${originOf(asked)}/bins/${viewer.bin.id}`,
    secrets: await secretsOfBin(viewer.bin),
  });
  const message = (reply: FastifyReply, { status, says, hasHome = true }: BinMessage): Promise<FastifyReply> =>
    send(reply, status, write("message", { assets, says, has_home: hasHome }));

  return {
    message,
    async page(reply, viewer, { requests, older, isNewest }) {
      const { bin, isAdmin } = viewer;
      const surroundings = await surroundingsOf(reply.request, viewer);
      const described = [];
      for (const [at, request] of requests.entries()) {
        const it = await turns.run(async () => {
          const signature = await verifyBinRequest(pool, bin, { request, secrets: surroundings.secrets });
          return representRequest(request, signature, surroundings);
        });
        described.push({ ...it, is_open: at < openRequestsMax });
      }
      const html = write("bin", {
        assets,
        is_newest: isNewest,
        is_masked: !isAdmin,
        paths: pathsOf(bin, older),
        bin: { url: surroundings.binUrl, requests_caught: bin.requestsCaught },
        ...answerChoices(bin),
        requests: described,
      });
      return send(reply, 200, html);
    },
    async request(asked, viewer, request) {
      const surroundings = await surroundingsOf(asked, viewer);
      const signature = await verifyBinRequest(pool, viewer.bin, { request, secrets: surroundings.secrets });
      const described = representRequest(request, signature, surroundings);
      return write("request", { request: { ...described, is_open: true } });
    },
  };
}

/** Where the page's links and its form lead. */
const pathsOf = (bin: Bin, older: number | undefined) => ({
  newest: viewPath(bin),
  older: older === undefined ? undefined : viewPath(bin, "", { before: String(older) }),
  answer: viewPath(bin, "/answer"),
  stream: viewPath(bin, "/stream"),
});

export interface RenderContext {
  readonly viewer: Viewer;
  readonly binUrl: string;
  /** Of the endpoints that point to the bin. */
  readonly secrets: readonly string[];
}

/** Returns a request as the page's template shows it, without what only admins may see or repeat. */
function representRequest(
  request: BinRequest,
  signature: SignatureVerdict | null,
  { viewer, binUrl }: Omit<RenderContext, "secrets">,
) {
  const { bin, isAdmin } = viewer;
  const { number, method, body, bodyBytes, receivedAt } = request;
  const isCut = body.length < bodyBytes;
  const query = isAdmin ? request.query : maskQuery(request.query);
  const headers = isAdmin ? request.headers : maskHeaders(request.headers);
  const header = (name: string): string | undefined => headers.find(([its]) => its.toLowerCase() === name)?.[1];
  const eventType = header("bellwire-event-type");
  const attempt = header("bellwire-attempt");
  const text = textOf(body, isCut);
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
    body: isAdmin ? representBody(text, { bodyBytes, isCut }) : representMaskedBody(text, { bodyBytes, isCut }),
    body_path: isAdmin ? viewPath(bin, `/requests/${number}/body`) : undefined,
    curl: !isAdmin || isCut ? undefined : renderCurl(request, binUrl, text),
  };
}

function representSignature(verdict: SignatureVerdict | null): { kind: string; says: string } {
  if (verdict === "missing") return { kind: "missing", says: "Not signed" };
  if (verdict === null) return { kind: "missing", says: "Signature not checked: no endpoint points here" };
  return verdict === "valid"
    ? { kind: "valid", says: "Signature valid" }
    : { kind: "invalid", says: "Signature invalid" };
}

interface BodySize {
  readonly bodyBytes: number;
  /** Whether the text is its beginning only. */
  readonly isCut: boolean;
}

function representBody(text: string | undefined, { bodyBytes, isCut }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  if (isCut) return { kind: "text", shown: text, is_cut: true };
  const shown = indentJson(text) ?? indentXml(text) ?? text;
  return { kind: "text", shown, ...(shown === text ? {} : { as_it_came: text }) };
}

function representMaskedBody(text: string | undefined, { bodyBytes, isCut }: BodySize) {
  if (bodyBytes === 0) return { kind: "empty" };
  if (text === undefined) return { kind: "binary" };
  const shown = maskBody(text);
  return shown === undefined ? { kind: "hidden" } : { kind: "text", shown, is_cut: isCut };
}

/** `undefined`: it is not text, or holds what no text does. The beginning of one may end within a character. */
function textOf(body: Buffer, isCut: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isCut });
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const formatBytes = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

const answerStatuses = [
  { status: 200, says: "OK" },
  { status: 201, says: "Created" },
  { status: 301, says: "Moved" },
  { status: 404, says: "Not found" },
  { status: 410, says: "Gone" },
  { status: 429, says: "Too many" },
  { status: 500, says: "Error" },
  { status: 503, says: "Unavailable" },
];
const answerDelays = [0, 2000, 10_000, 70_000];

/** What can be chosen for a bin's answer, and what is. Whatever else the API has set is one more choice. */
export const answerChoices = ({ answerStatus, answerDelayMs }: Readonly<Record<Answer, number>>) => ({
  statuses: markChosen(answerStatuses, { status: answerStatus, says: "Set elsewhere" }, ({ status }) => status),
  delays: markChosen(
    answerDelays.map((ms) => delayChoice(ms)),
    delayChoice(answerDelayMs),
    ({ delay_ms: ms }) => ms,
  ),
});

type Answer = "answerStatus" | "answerDelayMs";

const delayChoice = (ms: number) => ({ delay_ms: ms, says: `${ms / 1000} s` });

function markChosen<Choice>(choices: readonly Choice[], chosen: Choice, valueOf: (choice: Choice) => number) {
  const isThere = choices.some((it) => valueOf(it) === valueOf(chosen));
  return (isThere ? choices : [...choices, chosen])
    .toSorted((a, b) => valueOf(a) - valueOf(b))
    .map((it) => ({ ...it, is_chosen: valueOf(it) === valueOf(chosen) }));
}

/** What curl says by itself. */
const implicitHeaders: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
]);

/** A command for a POSIX shell that sends the same request again. */
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
 * Runs jobs in order, one at a time, and lets the event loop turn before each. Reading and rendering one request takes up to
 * 15 ms, so streams that all did it at once would make every other request wait for a second and more.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(job: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => nextTurn()).then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
