import type { FastifyInstance, FastifyReply } from "fastify";
import { problemOfError } from "#http/shared/error-answers.ts";
import { type FieldErrors, Problem, type ProblemCode } from "#http/shared/problem.ts";
import { type Json, type Node, list, record, value } from "#platform/document.ts";
import { renderIndentedXml, renderXmlDocument, toXmlText } from "#platform/xml.ts";
import { type Format, contentTypes, formatOfError, type ApiResponse, renderJson } from "./responses.ts";

/** Answers all errors below `http`, unknown paths included, as 3scale does. */
export function handleErrors(http: FastifyInstance): void {
  http.setErrorHandler<Error>((error, request, reply) => {
    const problem = problemOfError(error);
    if (problem.status >= 500 && problem.code !== "too-busy") request.log.error({ err: error }, "request failed");
    return sendProblem(reply, problem);
  });
  http.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    request.params = { extension: /\.(\w+)$/.exec(path)?.[1] }; // as the router sets it for known paths
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

interface RenderedError {
  readonly status: number;
  readonly text: string;
  /** Plain text in every format. */
  readonly isPlain?: true;
}

/** 3scale's shapes of errors: an `error` element, a `status` that only JSON shows, an empty body, or plain text. */
type ErrorShape = { readonly status?: 403; readonly error: string } | { readonly word: string } | "empty" | "plain";

const accessDenied = { status: 403, error: "Access denied" } as const;

/** Problems that are missing here are an `error` element with their own status and message. */
const shapes: Partial<Record<ProblemCode, ErrorShape>> = {
  "credentials-missing": accessDenied,
  "credentials-wrong": accessDenied,
  "wrong-host": accessDenied,
  "host-unknown": accessDenied,
  "permission-missing": { error: "Your access token does not have the correct permissions" },
  "role-missing": { word: "Forbidden" },
  "services-narrowed": { word: "Forbidden" },
  "webhooks-denied": { word: "Forbidden" },
  "provider-suspended": "empty",
  "not-found": { word: "Not found" },
  conflict: "empty",
  "time-invalid": { error: "invalid time" },
  "parameter-missing": "plain",
  "parameter-type-wrong": "plain",
  "format-unknown": "plain",
};

/** Renders a problem with the status and in the shape that 3scale uses for it. */
export function renderError(problem: Problem, format: Format, requestId: string): RenderedError {
  const { code, status, message, errors = {} } = problem;
  const render = (xml: Node | undefined, json: unknown): string =>
    format === "xml" ? (xml ? renderXmlDocument(xml) : "") : renderJson(json);

  if (code === "invalid" || code === "not-deletable" || code === "limit-reached")
    return { status, text: render(errorSentences(errors), { errors }) };
  const shape = shapes[code] ?? { error: code === "internal" ? `${message} Request id: ${requestId}` : message };
  if (shape === "empty") return { status, text: "" };
  if (shape === "plain") return { status, text: message, isPlain: true };
  if ("word" in shape) return { status, text: render(undefined, { status: shape.word }) };
  return {
    status: shape.status ?? status,
    text: render(value("error", toXmlText(shape.error)), { error: shape.error }),
  };
}

const errorSentences = (errors: FieldErrors): Node =>
  list(
    "errors",
    Object.entries(errors).flatMap(([field, messages]) =>
      messages.map((message) => value("error", toXmlText(errorSentence(field, message)))),
    ),
    "open",
  );

/** Fields whose label in 3scale's sentences does not follow from the parameter's name. */
const labels: Readonly<Record<string, string>> = { org_name: "Organization/Group Name" };

/** Joins a field and its error, as Rails does: "user_key" and "is invalid" become "User key is invalid". */
function errorSentence(field: string, message: string): string {
  if (field === "base") return message;
  const words = field.replace(/_id$/, "").replaceAll(/[_.]/g, " ").trim();
  return `${labels[field] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`} ${message}`;
}

interface Refused {
  readonly refused: FieldErrors;
}

/** A parameter names an object that does not exist. */
interface NotFound<Name> {
  readonly notFound: Name;
}

/** The current state does not allow the change. */
interface NotAllowed<Reason> {
  readonly notAllowed: Reason;
  /** The number of objects that prevent the change. */
  readonly count?: number;
}

/** 3scale's own sentences, with their double spaces, where 3scale has one. */
const denialSentences = {
  "always there": "Built-in fields cannot be deleted",
  "last admin": "Can't delete last admin",
  "only admin": "The last admin must remain an active admin",
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
  "last key": "The last key cannot be deleted: this application needs one",
  developers: "Developers may not do this",
} as const satisfies Record<string, string | ((count: number) => string)>;

type DenialReason = keyof typeof denialSentences;

/** Returns the result of a use case that succeeded, or throws the Problem that its refusal stands for. */
export function requireSuccess<Done extends object, Name extends string = never, Reason extends DenialReason = never>(
  outcome: Done | Refused | NotFound<Name> | NotAllowed<Reason> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  if (isNotAllowed(outcome)) throw new Problem("not-deletable", { errors: { base: [denialSentence(outcome)] } });
  return outcome;
}

function denialSentence({ notAllowed, count = 0 }: NotAllowed<DenialReason>): string {
  const sentence = denialSentences[notAllowed];
  return typeof sentence === "string" ? sentence : sentence(count);
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
const isNotAllowed = (outcome: object): outcome is NotAllowed<DenialReason> => "notAllowed" in outcome;

interface RefusedTransition {
  readonly from: string;
  readonly event: string;
  /** The object, unchanged. */
  readonly object: { readonly xml: () => Node; readonly json: () => Json };
}

/** Renders the refusal of a transition that an object's state does not allow. It shows the object. */
export function renderRefusedTransition({ from, event, object }: RefusedTransition): ApiResponse {
  const error = `State cannot transition via "${event.replaceAll("_", " ")}"`;
  return {
    status: 422,
    xml: () =>
      renderIndentedXml(
        record("error", [value("from", from), value("event", event), value("error", error), object.xml()]),
      ),
    json: () => renderJson({ error: { from, event, error, object: object.json() } }),
  };
}
