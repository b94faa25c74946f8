import { diffLines } from "diff";
import type { Clock } from "#platform/clock.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { indentJson } from "#platform/document.ts";
import { indentXml } from "#platform/xml.ts";
import { type Bin, BinForwarder, type BinRequest, findSameSignature, readBinRequestBody } from "#request-bin/index.ts";
import { checkSignature, type GivenRequestSender, type SignatureCheck } from "#webhooks/attempts/index.ts";
import { errorOf } from "#webhooks/deliveries/index.ts";
import { checkEndpointUrl, maskUrl, type SigningSecret, type TargetRules } from "#webhooks/endpoints/index.ts";
import { credentialFields } from "#webhooks/events/index.ts";
import { credentialParameters } from "./admin-caller.ts";

type Headers = BinRequest["headers"];

/** The parts of a request as its viewer may see them. */
export interface RequestMasking {
  readonly headers: (headers: Headers) => Headers;
  readonly query: (query: string) => string;
  /** Returns the body indented; undefined to hide it. */
  readonly body: (text: string) => string | undefined;
}

export const indentBody = (text: string): string => indentJson(text) ?? indentXml(text) ?? text;

/** Shows everything. */
const unmasked: RequestMasking = { headers: (part) => part, query: (part) => part, body: indentBody };

const mebibyte = 1024 * 1024;

/** "16 MiB", "256 KiB": for messages and descriptions. */
export const formatBytes = (bytes: number): string =>
  bytes % mebibyte === 0 ? `${bytes / mebibyte} MiB` : `${bytes / 1024} KiB`;

/** Returns undefined for bytes that are not UTF-8. A truncated text may end within a character, which is left out. */
export function textOfBody(body: Buffer, isTruncated: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isTruncated });
  } catch {
    return undefined;
  }
}

/** Compares two requests of a bin: the head, and the shown part of the bodies with indentation. */
export function diffBinRequests(first: BinRequest, second: BinRequest, masking: RequestMasking): RequestDiff {
  const isSameBody = first.bodyBytes === second.bodyBytes && first.body.equals(second.body);
  const represent = ({ method, path, query, headers, body, bodyBytes }: BinRequest) => {
    const text = textOfBody(body, body.length < bodyBytes);
    return {
      method,
      path,
      query: masking.query(query),
      headers: masking.headers(headers),
      body: text === undefined ? undefined : masking.body(text),
    };
  };
  return compareRequests(represent(first), represent(second), isSameBody);
}

/** A request to compare: header values masked and the body indented as its viewer sees them. */
export interface ComparedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined for a body that is not text, or that the viewer does not see. */
  readonly body: string | undefined;
}

/** A line of a difference: in both requests, in the first only, or in the second only. */
export interface DiffLine {
  readonly change: "same" | "removed" | "added";
  readonly text: string;
}

export interface RequestDiff {
  /** Request line and headers, sorted by name. */
  readonly head: readonly DiffLine[];
  /** Null if a body is not text, or is hidden. */
  readonly body: readonly DiffLine[] | null;
  /** Tells bodies apart that are not text. */
  readonly isSameBody: boolean;
  /** The bodies differ in so many lines that the first `unalignedLinesMax` of each are listed, as removed and added. */
  readonly isTooDifferent: boolean;
}

/**
 * Lines removed and added. Bounds the work, which grows with the product of the lines and their differences: 70 ms for two bodies of 32,000
 * lines. A limit of time would show other results on a busy machine.
 */
const editsMax = 500;

/** Lines of each body that are listed if they cannot be aligned. All 32,000 took 1.4 s of the event loop and made a page of 5 MB. */
export const unalignedLinesMax = 500;

/** Unchanged lines around a change. Longer runs are folded. */
const contextLines = 3;

/** Returns the difference of two requests, line by line. */
export function compareRequests(first: ComparedRequest, second: ComparedRequest, isSameBody: boolean): RequestDiff {
  const body = first.body === undefined || second.body === undefined ? null : diffTexts(first.body, second.body);
  return {
    head: diffTexts(headText(first), headText(second)).lines,
    body: body && body.lines,
    isSameBody,
    isTooDifferent: body?.isTooDifferent ?? false,
  };
}

const headText = ({ method, path, query, headers }: ComparedRequest): string =>
  [
    `${method} ${path}${query === "" ? "" : `?${query}`}`,
    ...headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted(),
  ].join("\n");

function diffTexts(first: string, second: string): { lines: readonly DiffLine[]; isTooDifferent: boolean } {
  const changes = diffLines(withLineEnd(first), withLineEnd(second), { maxEditLength: editsMax });
  if (!changes) {
    const start = (text: string, change: DiffLine["change"]): readonly DiffLine[] =>
      linesOf(text, change).slice(0, unalignedLinesMax);
    return { lines: [...start(first, "removed"), ...start(second, "added")], isTooDifferent: true };
  }
  const lines = changes.flatMap(({ value, added, removed }) =>
    linesOf(value, added ? "added" : removed ? "removed" : "same"),
  );
  return { lines, isTooDifferent: false };
}

/** The last line of a text would differ from the same line in the middle of another. */
const withLineEnd = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

const linesOf = (text: string, change: DiffLine["change"]): readonly DiffLine[] =>
  text === ""
    ? []
    : withLineEnd(text)
        .slice(0, -1)
        .split("\n")
        .map((line) => ({ change, text: line }));

/** A run of lines, or the number of unchanged lines that are left out. */
export type DiffPart = DiffLine | { readonly folded: number };

/** Folds long runs of unchanged lines, for display. */
export function foldUnchanged(lines: readonly DiffLine[]): readonly DiffPart[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(({ change }) => change !== "same"),
  );
  const parts: DiffPart[] = [];
  let folded = 0;
  for (const [at, line] of lines.entries()) {
    if (!isNear[at]) {
      folded += 1;
      continue;
    }
    if (folded > 0) parts.push({ folded });
    folded = 0;
    parts.push(line);
  }
  return folded > 0 ? [...parts, { folded }] : parts;
}

/**
 * Checks the signature of a bin request with the secrets of the endpoints that point to the bin, and explains a failure. A body
 * that is listed in part is read whole for it.
 */
export async function checkBinSignature(
  db: Database,
  { providerId, id: binId }: Pick<Bin, "providerId" | "id">,
  { request, secrets }: { readonly request: BinRequest; readonly secrets: readonly SigningSecret[] },
): Promise<SignatureCheck> {
  const { headers, number, receivedAt } = request;
  const listed = checkSignature({ headers, body: request.body, receivedAt }, secrets);
  if (listed.verdict === "missing" || listed.reason === "no-endpoint") return listed;
  const isWhole = request.bodyBytes === request.body.length;
  const body = isWhole ? request.body : await readBinRequestBody(db, { providerId, binId, number });
  if (!body) return listed; // deleted meanwhile
  const check = isWhole ? listed : checkSignature({ headers, body, receivedAt }, secrets);
  if (check.reason !== "mismatch") return check;
  const signature = headers.find(([name]) => name.toLowerCase() === "webhook-signature")?.[1] ?? "";
  const other = await findSameSignature(db, { providerId, binId }, { number, signature });
  return other ? checkSignature({ headers, body, receivedAt }, secrets, other) : check;
}

/*
 * A bin shows what endpoints send: their own headers, the values in their URLs, keys of applications. So its requests have secrets
 * that only callers see who may also read those of the endpoints.
 */

const mask = "…";

/**
 * Names of values that only admins see: credential fields of event documents, the key of a `key_*` event, and the credentials
 * of our own APIs.
 */
const secretNames: ReadonlySet<string> = new Set([
  ...credentialFields,
  ...credentialParameters,
  "key",
  "password",
  "secret",
]);

/** Headers without secrets. All others may contain one: an endpoint's own headers often include an `Authorization`. */
const openHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "expect",
  "host",
  "transfer-encoding",
  "user-agent",
]);
const openHeaderPrefixes = ["bellwire-", "webhook-", "ce-"];

type Header = readonly [name: string, value: string];

/** Masks the value of each header that may be a secret. */
const maskHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers.map(([name, value]) => [name, isOpen(name.toLowerCase()) ? value : mask]);

const isOpen = (name: string): boolean =>
  openHeaders.has(name) || openHeaderPrefixes.some((prefix) => name.startsWith(prefix));

/** Masks all values of a query string, as in an endpoint's URL. */
const maskQuery = (query: string): string => maskUrl(`?${query}`).slice(1);

/**
 * Returns the body indented, with the values of secret names masked. Returns `undefined` where the end of such a value is
 * unknown: the text contains a secret name and is neither JSON nor XML, or is truncated.
 */
export function maskBody(text: string): string | undefined {
  const isSecret = (name: string): boolean => secretNames.has(name);
  const masked = indentJson(text, { isSecret, mask }) ?? indentXml(text, { isSecret, mask });
  return masked ?? (containsSecretName(text) ? undefined : text);
}

const containsSecretName = (text: string): boolean => text.split(/\W+/).some((word) => secretNames.has(word));

/** For viewers who may not see secrets. */
const masked: RequestMasking = { headers: maskHeaders, query: maskQuery, body: maskBody };

export const maskingFor = (maySeeSecrets: boolean): RequestMasking => (maySeeSecrets ? unmasked : masked);

interface ForwarderParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly sender: GivenRequestSender;
  readonly isOurs: (url: URL) => boolean;
  readonly onError: (error: unknown) => void;
}

/** The start of a response's body that is kept. */
const keptBodyBytes = 4096;

/** Creates the forwarder of a process. It sends with the sender of deliveries. */
export const createBinForwarder = ({ sender, onError, ...parts }: ForwarderParts): BinForwarder =>
  new BinForwarder({
    ...parts,
    onError,
    async send(request) {
      try {
        const outcome = await sender.sendGiven(request);
        if (outcome.kind !== "answered") {
          const { latencyMs } = outcome;
          return { status: null, error: errorOf(outcome, "2xx") ?? "No response.", latencyMs, body: "" };
        }
        const { status, latencyMs, body } = outcome;
        return { status, error: null, latencyMs, body: Buffer.from(body.subarray(0, keptBodyBytes)).toString() };
      } catch (error) {
        onError(error);
        return { status: null, error: "The request could not be sent.", latencyMs: 0, body: "" };
      }
    },
  });

const urlLengthMax = 2048;

/** Returns the error of a URL to forward to: the target guard's, or that it leads to this installation. */
export async function checkForwardUrl(
  url: string,
  { targets, isOurs }: { readonly targets: TargetRules; readonly isOurs: (url: URL) => boolean },
): Promise<string | undefined> {
  if (url.length > urlLengthMax) return `is too long (maximum is ${urlLengthMax} characters)`;
  const parsed = URL.parse(url);
  if (parsed && isOurs(parsed)) return "leads to this installation, which forwards nothing to itself";
  return checkEndpointUrl(url, targets);
}
