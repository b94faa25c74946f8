import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { type FieldErrors, Problem, type ProblemCode } from "#http/shared/problem.ts";
import { type Node, list, record, value } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeIndentedXml, writeXmlDocument } from "#platform/document/write-xml.ts";
import { toXmlText } from "#platform/document/xml-text.ts";
import { type Format, contentTypes, formatOfError } from "./negotiate-format.ts";
import { type ApiResponse, renderJson } from "./responses.ts";

/** Answers every error below `http`, unknown paths included, as 3scale does. */
export function handleErrors(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  http.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    request.params = { extension: /\.(\w+)$/.exec(path)?.[1] }; // as the router would have found it
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

export interface RenderedError {
  readonly status: number;
  readonly text: string;
  /** Plain text instead of the format that was asked for. */
  readonly isPlain?: true;
}

/** How 3scale refuses: with a text for the caller, with a word that only JSON shows, with nothing, or in plain text. */
type Shape = { readonly status?: 403; readonly error: string } | { readonly word: string } | "nothing" | "plain";

const accessDenied = { status: 403, error: "Access denied" } as const;

/** What is not here has its own status and its own words. */
const shapes: Partial<Record<ProblemCode, Shape>> = {
  "credentials-missing": accessDenied,
  "credentials-wrong": accessDenied,
  "wrong-host": accessDenied,
  "host-unknown": accessDenied,
  "permission-missing": { error: "Your access token does not have the correct permissions" },
  "role-missing": { word: "Forbidden" },
  "services-narrowed": { word: "Forbidden" },
  "webhooks-denied": { word: "Forbidden" },
  "provider-suspended": "nothing",
  "not-found": { word: "Not found" },
  conflict: "nothing",
  "time-invalid": { error: "invalid time" },
  "parameter-missing": "plain",
  "parameter-type-wrong": "plain",
  "format-unknown": "plain",
};

/** A problem in the shape, and with the status, that 3scale has for it. */
export function renderError(problem: Problem, format: Format, requestId: string): RenderedError {
  const { code, status, message, errors = {} } = problem;
  const write = (xml: Node | undefined, json: unknown): string =>
    format === "xml" ? (xml ? writeXmlDocument(xml) : "") : renderJson(json);

  if (code === "invalid" || code === "not-deletable" || code === "limit-reached")
    return { status, text: write(errorSentences(errors), { errors }) };
  const shape = shapes[code] ?? { error: code === "internal" ? `${message} Request id: ${requestId}` : message };
  if (shape === "nothing") return { status, text: "" };
  if (shape === "plain") return { status, text: message, isPlain: true };
  if ("word" in shape) return { status, text: write(undefined, { status: shape.word }) };
  return {
    status: shape.status ?? status,
    text: write(value("error", toXmlText(shape.error)), { error: shape.error }),
  };
}

const errorSentences = (errors: FieldErrors): Node =>
  list(
    "errors",
    Object.entries(errors).flatMap(([field, says]) => says.map((it) => value("error", toXmlText(sentence(field, it))))),
    "open",
  );

/** Fields whose name in 3scale's sentences is not made from the name that programs use. */
const humanNames: Readonly<Record<string, string>> = { org_name: "Organization/Group Name" };

/** Joins a field and what is wrong with it: "user_key" and "is invalid" make "User key is invalid". */
function sentence(field: string, says: string): string {
  if (field === "base") return says;
  const words = field.replace(/_id$/, "").replaceAll(/[_.]/g, " ").trim();
  return `${humanNames[field] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`} ${says}`;
}

interface Refused {
  readonly refused: FieldErrors;
}

/** Something that a parameter names is not there. */
interface NotFound<What> {
  readonly notFound: What;
}

/** Things are such that it cannot be done. */
interface NotAllowed<Why> {
  readonly notAllowed: Why;
  /** Of how many things that are in the way. */
  readonly count?: number;
}

/** In 3scale's words, its two spaces included, where it has a word for it. */
const denialSentences = {
  "always there": "Nothing can do without this field",
  "last admin": "Can't delete last admin",
  "only admin": "The last admin must stay an admin who can sign in",
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
  "last key": "The last key of an application that must have one cannot go",
  developers: "Not open to developers",
} as const satisfies Record<string, string | ((count: number) => string)>;

type DenialReason = keyof typeof denialSentences;

/** What a use case has done; or the Problem that its refusal amounts to. */
export function requireSuccess<Done extends object, What extends string = never, Why extends DenialReason = never>(
  outcome: Done | Refused | NotFound<What> | NotAllowed<Why> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  if (isNotAllowed(outcome)) throw new Problem("not-deletable", { errors: { base: [denialSentence(outcome)] } });
  return outcome;
}

function denialSentence({ notAllowed, count = 0 }: NotAllowed<DenialReason>): string {
  const reason = denialSentences[notAllowed];
  return typeof reason === "string" ? reason : reason(count);
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
const isNotAllowed = (outcome: object): outcome is NotAllowed<DenialReason> => "notAllowed" in outcome;

interface RefusedTransition {
  readonly from: string;
  readonly step: string;
  /** What would have taken the step, as it is. */
  readonly object: { readonly xml: () => Node; readonly json: () => Json };
}

/** The refusal of a step that does not lead on from the state that something is in; it shows the thing itself. */
export function renderRefusedTransition({ from, step, object }: RefusedTransition): ApiResponse {
  const says = `State cannot transition via "${step.replaceAll("_", " ")}"`;
  return {
    status: 422,
    xml: () =>
      writeIndentedXml(
        record("error", [value("from", from), value("event", step), value("error", says), object.xml()]),
      ),
    json: () => renderJson({ error: { from, event: step, error: says, object: object.json() } }),
  };
}
