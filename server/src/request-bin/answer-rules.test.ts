import { expect, test } from "vitest";
import { type AnswerRule, type RuleCount, checkAnswerRules, chooseAnswer } from "./answer-rules.ts";

interface Sent {
  readonly method?: string;
  readonly pathBelow?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** Responds to the requests in sequence. Returns the statuses; undefined is the default response. */
function answer(rules: readonly AnswerRule[], requests: readonly Sent[]): readonly (number | undefined)[] {
  let counts: readonly RuleCount[] = [];
  return requests.map(({ method = "POST", pathBelow = "/", headers = [], body = "" }) => {
    const chosen = chooseAnswer(rules, counts, { method, pathBelow, headers, body: Buffer.from(body) });
    counts = chosen.counts;
    return chosen.answer?.status;
  });
}

const failing = (conditions: Partial<AnswerRule>): AnswerRule => ({ ...conditions, answers: [{ status: 500 }] });

const conditions: readonly (readonly [conditions: Partial<AnswerRule>, matching: Sent, other: Sent])[] = [
  [{ method: "put" }, { method: "PUT" }, { method: "POST" }],
  [{ path_starts_with: "/orders" }, { pathBelow: "/orders/7" }, { pathBelow: "/" }],
  [
    { event_type: "account.created" },
    { headers: [["Bellwire-Event-Type", "account.created"]] },
    { headers: [["bellwire-event-type", "account.updated"]] },
  ],
  [
    { event_type: "account.*" },
    { headers: [["ce-type", "account.updated"]] },
    { headers: [["ce-type", "application.created"]] },
  ],
  [{ header: { name: "x-tenant" } }, { headers: [["X-Tenant", ""]] }, { headers: [["x-tenants", ""]] }],
  [
    { header: { name: "X-Tenant", contains: "ACME" } },
    { headers: [["x-tenant", "the acme one"]] },
    { headers: [["x-tenant", "fjord"]] },
  ],
  [{ body_contains: "ä" }, { body: "<a>ä</a>" }, { body: "<a>a</a>" }],
];

test.each(conditions)("a rule for %o applies only to matching requests", (rule, matching, other) => {
  expect(answer([failing(rule)], [other, matching, other])).toEqual([undefined, 500, undefined]);
});

test("all conditions of a rule must match", () => {
  const rule = failing({ method: "POST", body_contains: "x" });
  expect(answer([rule], [{ body: "x" }, { body: "y" }, { body: "x", method: "PUT" }])).toEqual([
    500,
    undefined,
    undefined,
  ]);
});

test("the condition every counts only requests that match the other conditions", () => {
  const requests = ["x", "y", "x", "x", "x", "y", "x", "x"].map((body) => ({ body }));
  expect(answer([failing({ body_contains: "x", every: 3 })], requests)).toEqual([
    undefined,
    undefined,
    undefined,
    500,
    undefined,
    undefined,
    undefined,
    500,
  ]);
});

const sequence = [{ status: 500 }, { status: 503 }];

test.each([
  ["repeat", [500, 503, 500, 503, 500]],
  ["stay", [500, 503, 503, 503, 503]],
  ["skip", [500, 503, 418, 418, 418]],
] as const)("after its last response a sequence continues with after_last %s", (after_last, statuses) => {
  const rules = [{ answers: sequence, after_last }, { answers: [{ status: 418 }] }];
  expect(answer(rules, [{}, {}, {}, {}, {}])).toEqual(statuses);
});

test("the first matching rule applies, and later rules do not count its requests", () => {
  const rules = [failing({ body_contains: "x" }), { answers: sequence }];
  expect(answer(rules, [{}, { body: "x" }, {}, { body: "x" }])).toEqual([500, 500, 503, 500]);
});

test("the applied rule is reported by its name, or by its position if unnamed", () => {
  const request = { method: "POST", pathBelow: "/", headers: [], body: Buffer.alloc(0) };
  expect(chooseAnswer([failing({ name: "Outage" })], [], request).rule).toBe("Outage");
  expect(chooseAnswer([failing({ method: "GET" }), failing({})], [], request).rule).toBe("Rule 2");
});

const header = (name: string, value: string) =>
  checkAnswerRules([{ answers: [{ status: 200, headers: { [name]: value } }] }]);

// A bin shares its origin with the Admin Portal.
test.each([
  ["set-cookie", "a=b"],
  ["Clear-Site-Data", "*"],
  ["location", "https://evil.example"],
  ["x-accel-redirect", "/etc"],
  ["x-frame-options", "ALLOWALL"],
  ["x-a", "a\r\nset-cookie: a=b"],
  ["x-a", "ä"],
  ["content-type", "text/html"],
  ["content-type", "text/javascript"],
  ["content-type", "image/svg+xml"],
  ["content-type", "application/xhtml+xml"],
  ["content-type", "application/json, text/html"],
])("the response header %s: %s is refused", (name, value) => {
  expect(Object.keys(header(name, value))).toEqual(["answer_rules.0.answers.0.headers"]);
});

test.each([
  ["Retry-After", "5"],
  ["content-type", "application/problem+json; charset=utf-8"],
  ["x-request-id", "7"],
])("the response header %s: %s is accepted", (name, value) => {
  expect(header(name, value)).toEqual({});
});
