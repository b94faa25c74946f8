import { STATUS_CODES } from "node:http";
import { problems } from "../server/src/http/shared/problem.ts";

/** Renders docs/reference/errors.md. */
export function errorsReference(): string {
  const sections = Object.entries(problems).map(
    ([code, { status, title }]) => `## ${code}\n\n\`${status} ${STATUS_CODES[status]}\`. ${title}\n`,
  );
  return `# Errors

The Bellwire API returns errors as \`application/problem+json\` (RFC 9457) with one of these codes in \`code\`, and with
\`request_id\`, which finds the request in the operator's log. \`errors\` lists messages by field. A code never changes
its meaning. The Account Management API returns the same errors in 3scale's formats, without a code.

${sections.join("\n")}`;
}
