import { STATUS_CODES } from "node:http";
import { problems } from "./problem.ts";

/** The text of docs/reference/errors.md. */
export function errorsReference(): string {
  const sections = Object.entries(problems).map(
    ([code, { status, says }]) => `## ${code}\n\n\`${status} ${STATUS_CODES[status]}\`. ${says}\n`,
  );
  return `# Errors

The Bellwire API answers an error as \`application/problem+json\` (RFC 9457) with one of these codes in \`code\`, and with
\`request_id\`, which finds the request in the operator's log. \`errors\` says what is wrong by field. A code never changes
its meaning. The Account Management API has the same errors in 3scale's shapes, without a code.

${sections.join("\n")}`;
}
