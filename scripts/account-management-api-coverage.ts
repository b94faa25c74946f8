import { operations } from "../server/src/http/account-management-api/operations.ts";
import type { Operation } from "../server/src/http/account-management-api/operation.ts";

/** Each operation is asked there, in each of its formats. */
const everyOperation = "every-operation.test.ts";

/** Where the ways of an operation are proved that not all have in common. */
const testFileOf = {
  Webhooks: "webhook.test.ts, failures.test.ts",
  Signup: "sign-up.test.ts",
  Accounts: "accounts.test.ts",
  Users: "users.test.ts",
  Applications: "applications.test.ts",
  "Application keys": "applications.test.ts",
  "Account plans": "plans.test.ts",
  "Application plans": "plans.test.ts",
  Services: "plans.test.ts",
  "Access tokens": "access-tokens.test.ts",
  "Fields definitions": "fields-definitions.test.ts",
  Settings: "provider.test.ts",
  Provider: "provider.test.ts",
} as const satisfies Record<Operation["tag"], string>;

/** The text of docs/reference/account-management-api-coverage.md. */
export function accountManagementApiCoverage(): string {
  const mark = (isThere: boolean): string => (isThere ? "yes" : "JSON only");
  const row = ({ method, path, formats, tag }: Operation): string =>
    `| ${method} | \`/admin/api${path}\` | ${mark(formats.includes("xml"))} | yes | ${everyOperation}, ${testFileOf[tag]} |`;
  return `# Account Management API: what is served, and where it is proved

Every operation that 3scale lists but messages. \`PATCH\` does what \`PUT\` does, unless the path ends in the name of an action.
The test files are in \`server/test/api\`; that none of 3scale's operations is missing here is proved in
\`server/test/compatibility/listed-operations.test.ts\`.

| method | path | XML | JSON | tests |
| --- | --- | --- | --- | --- |
${operations.map(row).join("\n")}
`;
}
