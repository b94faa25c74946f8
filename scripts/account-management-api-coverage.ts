import { operations } from "../server/src/http/account-management-api/index.ts";

/** Tests each operation in each of its formats. */
const everyOperation = "every-operation.test.ts";

/** Tests of the operations' own behaviour, by tag. */
const testFileOf: Readonly<Record<string, string>> = {
  Webhooks: "webhook.test.ts, failures.test.ts",
  Signup: "sign-up.test.ts",
  Accounts: "accounts.test.ts",
  Users: "users.test.ts",
  "SSO tokens": "sso-tokens.test.ts",
  Applications: "applications.test.ts",
  "Application keys": "applications.test.ts",
  "Account plans": "plans.test.ts",
  "Service subscriptions": "service-subscriptions.test.ts",
  Messages: "messages.test.ts",
  "Bought plans": "bought-plans.test.ts",
  "Service plans": "service-plans.test.ts",
  "Application plans": "plans.test.ts",
  Services: "plans.test.ts",
  "Object status": "object-status.test.ts",
  Features: "features.test.ts",
  "Features of plans": "features.test.ts",
  ActiveDocs: "active-docs.test.ts",
  "Metrics and methods": "metrics.test.ts",
  Limits: "plan-terms.test.ts",
  "Pricing rules": "plan-terms.test.ts",
  "Access tokens": "access-tokens.test.ts",
  "Notification preferences": "notification-preferences.test.ts",
  "Fields definitions": "fields-definitions.test.ts",
  "Authentication providers": "authentication-providers.test.ts",
  Settings: "provider.test.ts",
  Provider: "provider.test.ts",
};

/** Renders docs/reference/account-management-api-coverage.md. */
export function accountManagementApiCoverage(): string {
  const row = ({ method, path, isJsonOnly, tag }: (typeof operations)[number]): string => {
    const testFiles = testFileOf[tag];
    if (testFiles === undefined) throw new Error(`The tag ${tag} has no test file.`);
    return `| ${method} | \`/admin/api${path}\` | ${isJsonOnly ? "JSON only" : "yes"} | yes | ${everyOperation}, ${testFiles} |`;
  };
  return `# Account Management API: operations and their tests

All operations that 3scale lists, and five that it does not list: on bought plans, and SSO tokens. \`PATCH\` equals \`PUT\`, unless the path ends in the name of an action.
The test files are in \`server/test/api\`. \`server/test/compatibility/listed-operations.test.ts\` fails if an operation of 3scale is
missing here.

| method | path | XML | JSON | tests |
| --- | --- | --- | --- | --- |
${operations.map(row).join("\n")}
`;
}
