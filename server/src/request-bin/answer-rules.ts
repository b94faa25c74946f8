import { type Static, Type } from "typebox";
import { binLimits } from "#platform/bin-and-stream-limits.ts";

// Rules that script a bin's responses. The first rule that a request matches answers it, with the next response of the rule's
// sequence; a request without a rule gets the bin's default response.

const Text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

const AnswerSchema = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599, description: "The status of the response." }),
    delay_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: binLimits.answerDelaySeconds.max * 1000,
        description: "The wait before the response. Default: 0.",
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "`content-type`, `retry-after` and names that begin with `x-`, such as `x-request-id`.",
      }),
    ),
    body: Type.Optional(Type.String({ maxLength: 8192, description: "The body of the response." })),
  },
  { additionalProperties: false },
);

const AnswerRuleSchema = Type.Object(
  {
    name: Text(100, "Shown beside each request that the rule answered. Default: `Rule` and its position."),
    method: Type.Optional(
      Type.String({ pattern: "^[A-Za-z-]{1,32}$", description: "Matches requests with this method." }),
    ),
    path_starts_with: Type.Optional(
      Type.String({
        pattern: "^/",
        maxLength: 500,
        description:
          "Matches the beginning of the path below the bin's URL, such as `/orders` of `/bins/{id}/orders/7`.",
      }),
    ),
    event_type: Text(100, "Matches this event type. `account.*` matches all that begin with `account.`."),
    header: Type.Optional(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 200, description: "The name of a header, in any case." }),
          contains: Text(500, "Text that its value contains, in any case. Default: any value."),
        },
        { additionalProperties: false, description: "Matches requests with this header." },
      ),
    ),
    body_contains: Text(500, "Matches bodies that contain this text exactly."),
    every: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description:
          "Applies to every nth request that matches the other conditions: 3 skips two of three. Default: 1.",
      }),
    ),
    answers: Type.Array(AnswerSchema, {
      minItems: 1,
      maxItems: 50,
      description: "Responses in turn, one for each request.",
    }),
    after_last: Type.Optional(
      Type.Enum(["repeat", "stay", "skip"], {
        description:
          "After the last response: start again (`repeat`, the default), repeat the last one (`stay`), or leave requests to the next rule (`skip`).",
      }),
    ),
  },
  { title: "BinAnswerRule", additionalProperties: false, description: "All given conditions must match." },
);

export const AnswerRulesSchema = Type.Array(AnswerRuleSchema, {
  maxItems: binLimits.answerRules.max,
  description:
    "The first matching rule determines the response. If none matches, the response is `answer_status` after `answer_delay_ms`. " +
    "Setting the rules restarts their sequences.",
});

export type AnswerRule = Static<typeof AnswerRuleSchema>;
type Answer = Static<typeof AnswerSchema>;

/** Content types of data. Browsers run scripts within XML, which the headers of each response prevent (`isolation`). */
const contentTypePattern =
  /^(text\/(plain|csv|xml)|application\/(?!xhtml\+)([\w.-]+\+)?(json|xml)|application\/(octet-stream|x-www-form-urlencoded))(; ?charset=[\w-]+)?$/i;
const headerNamePattern = /^(content-type|retry-after|x-[a-z0-9-]{1,100})$/i;
/** Instructions to browsers and proxies, which would apply to more than the response. */
const controlHeaderPattern =
  /^x-(accel|sendfile|lighttpd|reproxy|frame|content-|xss|dns|permitted|forwarded|real-ip|robots)/i;
/** RFC 9110 §5.5, without the obsolete octets above ASCII. */
const headerValuePattern = /^[\t -~]{0,1000}$/;
const headersMax = 20;

/** Returns the errors of rules beyond their schema, by field. */
export function checkAnswerRules(rules: readonly AnswerRule[]): Readonly<Record<string, readonly string[]>> {
  const errors: Record<string, readonly string[]> = {};
  const { max } = binLimits.answerRulesCharacters;
  if (JSON.stringify(rules).length > max) errors["answer_rules"] = [`is longer than ${max} characters as JSON`];
  for (const [at, { answers }] of rules.entries()) {
    for (const [place, { headers = {} }] of answers.entries()) {
      const wrong = Object.entries(headers).flatMap(([name, value]) => headerError(name, value) ?? []);
      if (Object.keys(headers).length > headersMax) wrong.push(`has more than ${headersMax} headers`);
      if (wrong.length > 0) errors[`answer_rules.${at}.answers.${place}.headers`] = wrong;
    }
  }
  return errors;
}

function headerError(name: string, value: string): string | undefined {
  if (!headerNamePattern.test(name) || controlHeaderPattern.test(name)) {
    return `may not contain ${JSON.stringify(name)}: a bin sets content-type, retry-after and names that begin with x-`;
  }
  if (!headerValuePattern.test(value)) return `has an invalid ${name}: use up to 1000 printable ASCII characters`;
  return name.toLowerCase() !== "content-type" || contentTypePattern.test(value)
    ? undefined
    : "may have a content-type of plain text, CSV, JSON, XML, a form or bytes only";
}

/** How many requests a rule matched before `every`, and how many it answered. */
export interface RuleCount {
  readonly matched: number;
  readonly answered: number;
}

/** The parts of a request that conditions refer to. */
export interface RequestFacts {
  readonly method: string;
  /** Below the bin's address. Begins with a slash. */
  readonly pathBelow: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface ChosenAnswer {
  /** Undefined for the bin's default response. */
  readonly answer: Answer | undefined;
  readonly rule: string | undefined;
  readonly counts: readonly RuleCount[];
}

/** Returns the response to a request, and the counts after it. A request that an earlier rule answers is not counted by later ones. */
export function chooseAnswer(
  rules: readonly AnswerRule[],
  counts: readonly RuleCount[],
  request: RequestFacts,
): ChosenAnswer {
  const after = rules.map((_, at) => counts[at] ?? { matched: 0, answered: 0 });
  for (const [at, rule] of rules.entries()) {
    const { matched, answered } = after[at] ?? { matched: 0, answered: 0 };
    if (!matchesRule(rule, request)) continue;
    const isDue = (matched + 1) % (rule.every ?? 1) === 0;
    const answer = isDue ? nextAnswer(rule, answered) : undefined;
    after[at] = { matched: matched + 1, answered: answered + (answer ? 1 : 0) };
    if (answer) return { answer, rule: rule.name ?? `Rule ${at + 1}`, counts: after };
  }
  return { answer: undefined, rule: undefined, counts: after };
}

function nextAnswer({ answers, after_last: afterLast = "repeat" }: AnswerRule, answered: number): Answer | undefined {
  if (answered < answers.length || afterLast === "repeat") return answers[answered % answers.length];
  return afterLast === "stay" ? answers.at(-1) : undefined;
}

function matchesRule(rule: AnswerRule, { method, pathBelow, headers, body }: RequestFacts): boolean {
  const { header, event_type: eventType, body_contains: text } = rule;
  return (
    (rule.method === undefined || rule.method.toUpperCase() === method.toUpperCase()) &&
    (rule.path_starts_with === undefined || pathBelow.startsWith(rule.path_starts_with)) &&
    (eventType === undefined || matchesEventType(eventType, headers)) &&
    (header === undefined || headers.some((entry) => matchesHeader(header, entry))) &&
    (text === undefined || Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(text))
  );
}

function matchesEventType(pattern: string, headers: RequestFacts["headers"]): boolean {
  const types = headers.filter(([name]) => /^(bellwire-event-type|ce-type)$/i.test(name)).map(([, value]) => value);
  return pattern.endsWith("*") ? types.some((type) => type.startsWith(pattern.slice(0, -1))) : types.includes(pattern);
}

const matchesHeader = (
  { name, contains = "" }: NonNullable<AnswerRule["header"]>,
  [headerName, value]: readonly [string, string],
): boolean => headerName.toLowerCase() === name.toLowerCase() && value.toLowerCase().includes(contains.toLowerCase());
