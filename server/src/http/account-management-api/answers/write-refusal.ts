import type { FieldErrors, Problem, ProblemCode } from "#http/shared/problem.ts";
import { list, value, type Node } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { toXmlText } from "#platform/document/xml-text.ts";
import type { Format } from "../requests/negotiate-format.ts";
import { writeJson } from "./write-json.ts";

export interface Refusal {
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
export function writeRefusal(problem: Problem, format: Format, requestId: string): Refusal {
  const { code, status, message, errors = {} } = problem;
  const write = (xml: Node | undefined, json: unknown): string =>
    format === "xml" ? (xml ? writeXmlDocument(xml) : "") : writeJson(json);

  if (code === "invalid" || code === "not-deletable" || code === "limit-reached")
    return { status, text: write(errorsInWords(errors), { errors }) };
  const shape = shapes[code] ?? { error: code === "internal" ? `${message} Request id: ${requestId}` : message };
  if (shape === "nothing") return { status, text: "" };
  if (shape === "plain") return { status, text: message, isPlain: true };
  if ("word" in shape) return { status, text: write(undefined, { status: shape.word }) };
  return {
    status: shape.status ?? status,
    text: write(value("error", toXmlText(shape.error)), { error: shape.error }),
  };
}

const errorsInWords = (errors: FieldErrors): Node =>
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
