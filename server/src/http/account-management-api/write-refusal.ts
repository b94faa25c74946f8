import { list, value, type Node } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { FieldErrors, Problem } from "../shared/problem.ts";
import type { Format } from "./negotiate-format.ts";
import { writeJson } from "./write-json.ts";

export interface Refusal {
  readonly status: number;
  readonly text: string;
  /** Plain text instead of the format that was asked for. */
  readonly isPlain?: true;
}

/** A problem in the shape, and with the status, that 3scale has for it. */
export function writeRefusal(problem: Problem, format: Format, requestId: string): Refusal {
  const { code, status, message } = problem;
  const inFormat = (as: number, xml: Node | undefined, json: unknown): Refusal =>
    format === "xml"
      ? { status: as, text: xml ? writeXmlDocument(xml) : "" }
      : { status: as, text: json === undefined ? "" : writeJson(json) };
  const saying = (text: string, as: number = status): Refusal => inFormat(as, value("error", text), { error: text });

  switch (code) {
    case "credentials-missing":
    case "credentials-wrong":
    case "wrong-host":
    case "host-unknown":
      return saying("Access denied", 403);
    case "permission-missing":
      return saying("Your access token does not have the correct permissions");
    case "role-missing":
    case "webhooks-denied":
      return inFormat(status, undefined, { status: "Forbidden" });
    case "not-found":
      return inFormat(status, undefined, { status: "Not found" });
    case "provider-suspended":
    case "conflict":
      return inFormat(status, undefined, undefined);
    case "invalid":
      return inFormat(status, errorsInWords(problem.errors ?? {}), { errors: problem.errors ?? {} });
    case "time-invalid":
      return saying("invalid time");
    case "parameter-missing":
    case "format-unknown":
      return { status, text: message, isPlain: true };
    case "internal":
      return saying(`${message} Request id: ${requestId}`);
    default:
      return saying(message);
  }
}

const errorsInWords = (errors: FieldErrors): Node =>
  list(
    "errors",
    Object.entries(errors).flatMap(([field, says]) => says.map((it) => value("error", sentence(field, it)))),
    "open",
  );

/** "org_name" and "can't be blank" make "Org name can't be blank". */
function sentence(field: string, says: string): string {
  if (field === "base") return says;
  const words = field.replace(/_id$/, "").replaceAll(/[_.]/g, " ").trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} ${says}`;
}
