import { type Resource, exhaustedBy } from "#platform/network/exhaustion.ts";
import { lookupLimits } from "#platform/network/name-resolver.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { UnusableAnswerError, answerLimits } from "./answer-limits.ts";
import { traceOf } from "./connection-trace.ts";
import { ForbiddenTargetError, NoAddressError, ProxyError } from "./connector.ts";

/** An outcome without its measurements. */
export type Untimed<Outcome> = Outcome extends unknown ? Omit<Outcome, "latencyMs" | "trace"> : never;

/**
 * No attempt: this process could not open a connection, for want of a resource of its own, or its engine's lease had expired when the
 * connection was there. Nothing was sent.
 */
export interface NotMade {
  readonly kind: "not-made";
  readonly code: string;
  readonly resource: Resource | "lease";
}

export interface FailedExchange {
  /** Host and port of the URL, for sentences. */
  readonly host: string;
  readonly connectTimeoutSeconds: number;
  /** The head of the response has arrived. */
  readonly isAnswering: boolean;
  /** The request may have been written. */
  readonly isSent: boolean;
}

type Sentence = (host: string, error: Error) => string;

const unknownAuthority: Sentence = (host) =>
  `The certificate of ${host} comes from an authority that is not known here. BELLWIRE_CA_FILE can name it.`;
const noName: Sentence = (host) => `There is no address for the name in ${host}.`;
const noWay: Sentence = (host) => `There is no way through the network to ${host}.`;
const closed: Sentence = (host) => `${host} closed the connection before it had answered.`;
const noTls: Sentence = (host, error) => `No TLS connection could be agreed on with ${host}: ${reasonOf(error)}.`;

const sentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (host) => `${host} refused the connection: nothing listens there.`,
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  ENOTFOUND: noName,
  ENODATA: noName,
  EAI_AGAIN: (host) => `The name servers could not look up the name in ${host}; this may pass.`,
  ETIMEOUT: (host) => `The name in ${host} was not answered within ${lookupLimits.totalSeconds} s.`,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  EADDRNOTAVAIL: noWay,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_HAS_EXPIRED: (host) => `The certificate of ${host} has expired.`,
  CERT_NOT_YET_VALID: (host) => `The certificate of ${host} is not valid yet.`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host, error) =>
    `The certificate of ${host} is for another name: ${altNamesOf(error)}.`,
  EPROTO: noTls,
  // TLS 1.3 only: before, the receiver does not say why the handshake failed.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: (host) => `${host} requires a client certificate, and Bellwire has none.`,
  UND_ERR_HEADERS_OVERFLOW: (host) => `${host} sent more than ${answerLimits.headerBytes / 1024} KiB of trailers.`,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: (host) =>
    `${host} announced a length for its answer that the answer does not have.`,
  UND_ERR_DESTROYED: () => "Bellwire was stopped before the answer came.",
};

/** Returns the outcome for callers that do not try again: an error without an answer, like others. */
export const outcomeOfNotMade = ({ code, resource }: NotMade): AttemptOutcome => ({
  kind: "unreachable",
  code,
  reason: `Bellwire could not open a connection: ${lacking[resource]} (${code}). Nothing was sent.`,
  latencyMs: 0,
});

const lacking: Readonly<Record<NotMade["resource"], string>> = {
  descriptors: "its process or machine has reached a limit of open files or of memory for sockets",
  ports: "all local ports for this address are in use",
  lease: "the lease of its engine has expired",
};

const untimed = traceOf({
  startedMs: 0,
  sentMs: undefined,
  answeredMs: undefined,
  endedMs: 0,
  connection: undefined,
  isReused: false,
});

/** Returns the outcome of an attempt at a name whose look-up has just failed with this code. */
export function outcomeOfFailedLookup(code: string, host: string): AttemptOutcome | NotMade {
  const before = { host, connectTimeoutSeconds: 0, isAnswering: false, isSent: false };
  const outcome = outcomeOfError(new NoAddressError(code), before);
  if (outcome.kind === "not-made") return outcome;
  return { latencyMs: 0, trace: { ...untimed, dns: 0 }, ...outcome };
}

/**
 * Converts an error caused by a receiver, a network, a resolver or a lack of our own resources. Throws errors that only a bug
 * can cause.
 */
export function outcomeOfError(error: Error, exchange: FailedExchange): Untimed<AttemptOutcome> | NotMade {
  const { host, connectTimeoutSeconds, isAnswering, isSent } = exchange;
  const exhausted = isSent ? undefined : exhaustedBy(error);
  if (exhausted) return { kind: "not-made", ...exhausted };
  if (error instanceof ForbiddenTargetError) return forbidden(error, host);
  if (error instanceof ProxyError) {
    const reason = `The proxy did not open a connection to ${host}: ${error.problem}.`;
    return { kind: "unreachable", code: error.code, reason };
  }
  if (error instanceof UnusableAnswerError)
    return { kind: "unreachable", code: error.code, reason: `${host} ${error.problem}.`, isUnusable: true };
  const code = codeOf(error);
  if (code === "UND_ERR_CONNECT_TIMEOUT" || (code === "ETIMEDOUT" && !isAnswering)) {
    return { kind: "timed-out", afterSeconds: connectTimeoutSeconds, phase: "connect" };
  }
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") throw error;
  const isUnusable = isParserError(code, error) || code === "ETIMEOUT";
  return {
    kind: "unreachable",
    code,
    reason: sentenceOf(code, error, exchange),
    ...(isUnusable ? { isUnusable } : {}),
  };
}

const isParserError = (code: string, error: Error): boolean =>
  code.startsWith("HPE_") || error.name === "HTTPParserError";

const forbidden = (error: ForbiddenTargetError, host: string): Untimed<AttemptOutcome> => ({
  kind: "forbidden-target",
  address: error.address,
  reason: `${host} leads to ${whyForbidden(error)}`,
});

function whyForbidden({ address, isDenied, isHidden }: ForbiddenTargetError): string {
  if (isHidden) return "an address that is not allowed.";
  return isDenied
    ? `${address}, which BELLWIRE_DENIED_TARGETS denies.`
    : `${address}, which is not a public address. BELLWIRE_ALLOWED_TARGETS can allow it.`;
}

function sentenceOf(code: string, error: Error, { host, isAnswering }: FailedExchange): string {
  const sentence = sentences[code];
  if (isAnswering && sentence === closed) return `${host} closed the connection in the middle of its answer.`;
  if (sentence) return sentence(host, error);
  if (isParserError(code, error)) return `${host} did not answer in HTTP/1.1: ${error.message}.`;
  if (code.startsWith("ERR_SSL_")) return noTls(host, error);
  return `${host} could not be reached: ${error.message}.`;
}

/** True if the receiver, or the network, closed or reset the connection. */
export const isClosedConnection = (error: Error): boolean => sentences[codeOf(error)] === closed;

/** Some errors of the parser of undici have no code. */
const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : error.name);

/** Returns the reason without OpenSSL's error numbers and source lines. */
const reasonOf = (error: Error): string =>
  "reason" in error && typeof error.reason === "string" ? error.reason : error.message.trim();

/** Returns the names of the certificate, such as `DNS:example.org, DNS:*.example.org`. */
function altNamesOf(error: Error): string {
  const cert = "cert" in error ? error.cert : undefined;
  const names = typeof cert === "object" && cert && "subjectaltname" in cert ? cert.subjectaltname : undefined;
  return typeof names === "string" ? names.replaceAll("DNS:", "") : error.message;
}
