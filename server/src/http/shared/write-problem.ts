import type { Problem } from "./problem.ts";

/** A problem as `application/problem+json` (RFC 9457). */
export const writeProblem = (problem: Problem, requestId: string) => ({
  type: `urn:bellwire:problem:${problem.code}`,
  title: problem.message,
  status: problem.status,
  code: problem.code,
  request_id: requestId,
  errors: problem.errors,
});
