import type { Finding } from "./read-findings.ts";

interface Explanation {
  readonly name: string;
  /** The reason why the response is correct. */
  readonly because: string;
  readonly covers: (finding: Finding) => boolean;
}

const isBellwireApi = ({ operation }: Finding): boolean => operation.includes(" /api/v1/");
const isAccountManagementApi = ({ operation }: Finding): boolean => operation.includes(" /admin/api/");

/** Findings that are not defects. Never 5xx, content types, or bodies that violate their schema. */
const explanations: readonly Explanation[] = [
  {
    name: "429 instead of 401 for wrong credentials",
    because: "Schemathesis tries wrong credentials at each operation, and an address has 30 such tries a minute.",
    covers: ({ check, status }) => check === "ST401" && status === 429,
  },
  {
    name: "431 for a request line beyond 16 KiB",
    because: "Node.js rejects it before the request has a path, so no operation can document it.",
    covers: ({ check, status }) => status === 431 && (check === "ST103" || check === "ST201"),
  },
  {
    name: "a zero byte in a text",
    because:
      "PostgreSQL cannot store it, and JSON Schema cannot exclude it simply. The response is request-unreadable.",
    covers: ({ check, status, request, answer }) =>
      check === "ST202" &&
      status === 400 &&
      /The request cannot be read|contains a zero byte/.test(answer) &&
      /%00|\\u0000|\0/.test(request),
  },
  {
    name: "404 instead of 405 in the Account Management API",
    because: "3scale answers 404 to a method that a path does not have, and clients of 3scale rely on its statuses.",
    covers: (finding) => isAccountManagementApi(finding) && finding.check === "ST204" && finding.status === 404,
  },
  {
    name: "PATCH and PUT in the Account Management API",
    because: "Rails routes PATCH as PUT, so 3scale takes both. The document shows one of them, as 3scale's does.",
    covers: (finding) =>
      isAccountManagementApi(finding) &&
      finding.check === "ST204" &&
      /^Unsupported method (PATCH|PUT) /.test(finding.message),
  },
  {
    name: "the settings of an endpoint",
    because:
      "Its URL must be an allowed target, header names follow HTTP, a name is one line, and XML has no control characters. The response is 422 and names the field.",
    covers: (finding) =>
      /^(POST|PATCH) \/api\/v1\/endpoints(\/\{id\})?$/.test(finding.operation) &&
      finding.check === "ST202" &&
      finding.status === 422 &&
      finding.answer.includes('"code":"invalid"'),
  },
  {
    name: "a rule of the Bellwire API that no schema can state",
    because:
      "Cursors are opaque, an id must exist, a time is relative or must lie in the future, and fields depend on each other: `plan_id` on `operation`, `since` on `until`, `all` on the other filters. The response is 422 and names the field.",
    covers: (finding) =>
      isBellwireApi(finding) &&
      finding.check === "ST202" &&
      finding.status === 422 &&
      [
        /is not the `next` of a page/,
        /is no (endpoint|account|user) of yours/,
        /must be in the future/,
        /is neither a time with a zone, such as/,
        /or user_id is required, and not both/,
        /must be true when there is no other filter/,
        /must be before `until`, and in the past/,
        /"plan_id":\["is required"\]/,
      ].some((rule) => rule.test(finding.answer)),
  },
  {
    name: "filters, jobs, statistics, alert rules and bins",
    because:
      "Values have small languages of their own: relative times, ranges of statuses, paths, URLs, conditions of rules. Fields depend on the kind of a job or a rule, and minutes are not kept for long. The response is 422 and names the field.",
    covers: (finding) =>
      /^(GET|POST|PATCH|PUT|DELETE) \/api\/v1\/(deliveries|events|attempts|failures|jobs|stats|alert-rules|bins|mails|audit_records)\b/.test(
        finding.operation,
      ) &&
      finding.check === "ST202" &&
      finding.status === 422 &&
      finding.answer.includes('"code":"invalid"'),
  },
  {
    name: "a value of another type in the Account Management API",
    because: "3scale casts values as Rails does: 0 in a form is false, a number is a text, and null is absent.",
    covers: (finding) => isAccountManagementApi(finding) && finding.check === "ST201" && finding.status < 300,
  },
  {
    name: "a rule of the Account Management API that no schema can state",
    because:
      "Names must be unique, times have many formats, transitions depend on the state, an update needs at least one field, and the provider defines fields. The response names the field, as in 3scale.",
    covers: (finding) =>
      isAccountManagementApi(finding) &&
      finding.check === "ST202" &&
      ((finding.status === 422 && /"errors?":|<errors?>|Wrong type for parameter: /.test(finding.answer)) ||
        (finding.status === 400 &&
          /Required parameter missing: |Unknown parameters: |invalid time/.test(finding.answer))),
  },
  {
    name: "an integer of a query written with a fraction",
    because: "JSON Schema counts 5.0 as an integer. A query is text, and an id there is digits only.",
    covers: (finding) =>
      isBellwireApi(finding) &&
      finding.check === "ST202" &&
      finding.status === 422 &&
      finding.answer.includes("must be integer"),
  },
];

export const explanationOf = (finding: Finding): Explanation | undefined =>
  explanations.find(({ covers }) => covers(finding));
