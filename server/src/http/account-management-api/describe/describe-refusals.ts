import { Type } from "typebox";
import { Problem, problems, type ProblemCode } from "#http/shared/problem.ts";
import { indentXml } from "#platform/document/indent-xml.ts";
import { writeRefusal } from "../answers/write-refusal.ts";
import type { Operation } from "../operation.ts";
import type { Format } from "../requests/negotiate-format.ts";
import { xmlText } from "./describe-answer.ts";

interface Refused {
  readonly name: string;
  readonly says: string;
  /** The problems that are answered with this status, for their bodies. */
  readonly codes: readonly ProblemCode[];
}

const refused = {
  400: {
    name: "Unreadable",
    says: "The request cannot be read, or something that it must say is missing.",
    codes: ["request-unreadable", "time-invalid", "parameter-missing", "parameter-unknown"],
  },
  403: {
    name: "Forbidden",
    says: "No credentials, or wrong ones; or they may not do this; or it cannot be deleted as things are. XML is empty where only the role is wrong.",
    codes: ["credentials-wrong", "permission-missing", "role-missing", "not-deletable"],
  },
  404: { name: "NotFound", says: "There is no such thing, or it is not yours. XML is empty.", codes: ["not-found"] },
  406: { name: "UnknownFormat", says: "There is no such format here.", codes: ["format-unknown"] },
  409: {
    name: "Conflict",
    says: "Somebody else was given this name or value in the same moment. The answer is empty.",
    codes: ["conflict"],
  },
  413: { name: "TooLarge", says: "The body is larger than a mebibyte.", codes: ["body-too-large"] },
  415: {
    name: "UnknownMediaType",
    says: "The body is neither a form nor JSON.",
    codes: ["media-type-unsupported"],
  },
  422: {
    name: "Invalid",
    says: "Some values are not acceptable, or its state does not allow this step.",
    codes: ["invalid", "parameter-type-wrong", "not-subscribable", "limit-reached"],
  },
  429: {
    name: "TooMany",
    says: "Too many wrong credentials, or changes of an account. `Retry-After` says how many seconds to wait.",
    codes: ["too-many-bad-credentials", "too-many-changes"],
  },
  503: {
    name: "Away",
    says: "The database is away, or has no room left. Nothing is half done.",
    codes: ["database-away", "database-full", "too-busy"],
  },
  500: { name: "Broken", says: "Something went wrong on our side.", codes: ["internal"] },
} as const satisfies Record<number, Refused>;

type Status = keyof typeof refused;

/** Which refusals an operation can answer, by what it takes and does. */
export function refusalsOf({ path, texts, query, body, formats, also }: Operation): Record<number, object> {
  const readsText = body !== undefined || query !== undefined || texts !== undefined;
  const mayMiss = path.includes("{") || also?.includes(404) === true;
  const mayRefuse = body !== undefined || also?.includes(422) === true;
  const statuses: readonly Status[] = [
    ...(readsText ? [400 as const] : []),
    403,
    ...(mayMiss ? [404 as const] : []),
    406,
    ...(body ? ([409, 413, 415] as const) : []),
    ...(mayRefuse ? [422 as const] : []),
    429,
    500,
    503,
  ];
  const variant = formats.includes("xml") ? "" : "InJson";
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${refused[status].name}${variant}` }]),
  );
}

/** The refusals of all operations, by name. Those of operations without XML have none either. */
export const refusals = (): Record<string, object> =>
  Object.fromEntries(
    Object.values(refused).flatMap((each) => [
      [each.name, describe(each, ["xml", "json"])],
      [`${each.name}InJson`, describe(each, ["json"])],
    ]),
  );

function describe({ says, codes }: Refused, formats: readonly Format[]): object {
  const content: Record<string, { schema: unknown; examples: Record<string, object> }> = {};
  for (const code of codes) {
    for (const format of formats) {
      const { text, isPlain } = writeRefusal(new Problem(code, details[code]), format, "req-1");
      if (text === "" && isEmptyInAllFormats(code)) continue;
      const { type, schema, value } = isPlain ? { ...plain, value: text } : shown(text, format);
      (content[type] ??= { schema, examples: {} }).examples[code] = { summary: problems[code].says, value };
    }
  }
  return { description: says, ...(Object.keys(content).length > 0 ? { content } : {}) };
}

/** Such answers have no documented content. Others are empty in XML only, and name their type all the same. */
const isEmptyInAllFormats = (code: ProblemCode): boolean =>
  writeRefusal(new Problem(code, details[code]), "json", "req-1").text === "";

const plain = { type: "text/plain", schema: { type: "string" } };

function shown(text: string, format: Format) {
  if (format === "xml") return { type: "application/xml", schema: xmlText, value: text === "" ? "" : indentXml(text) };
  const value: unknown = JSON.parse(text);
  return { type: "application/json", schema: RefusalSchema, value };
}

/** What such problems also tell. */
const details: Partial<Record<ProblemCode, ConstructorParameters<typeof Problem>[1]>> = {
  invalid: { errors: { org_name: ["can't be blank"], email: ["has already been taken"] } },
  "not-deletable": { errors: { base: ["Can't delete last admin"] } },
  "parameter-missing": { detail: "Required parameter missing: web_hook" },
  "parameter-type-wrong": { detail: "Wrong type for parameter: web_hook" },
  "parameter-unknown": { detail: "A parameter is not known here: tiem." },
};

const RefusedStep = Type.Object({
  from: Type.String({ description: "The state that it is in." }),
  event: Type.String({ description: "The step that does not lead on from there." }),
  error: Type.String(),
  object: Type.Record(Type.String(), Type.Unknown(), { description: "The thing itself." }),
});

const RefusalSchema = Type.Object(
  {
    error: Type.Optional(Type.Union([Type.String(), RefusedStep])),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What is wrong, by field." }),
    ),
    status: Type.Optional(Type.String()),
  },
  { title: "Refusal", description: "One of these says why." },
);
