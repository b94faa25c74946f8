import { Problem, type FieldErrors, type ProblemCode } from "./problem.ts";

interface BrokenRule {
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

interface ThrownByFastify {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly validation?: readonly BrokenRule[];
}

/** PostgreSQL's code for a value that a unique index holds already. */
const uniqueViolation = "23505";

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  400: "request-unreadable",
  404: "not-found",
  406: "format-unknown",
  413: "body-too-large",
  415: "media-type-unsupported",
};

/** The problem that a thrown thing amounts to. What nobody foresaw is "internal", with the error as its cause. */
export function problemOfError(error: Error & ThrownByFastify): Problem {
  if (error instanceof Problem) return error;
  if (error.validation) return new Problem("invalid", { errors: errorsByField(error.validation), cause: error });
  if (error.code === uniqueViolation) return new Problem("conflict", { cause: error });
  const code = typeof error.statusCode === "number" ? codeOfStatus[error.statusCode] : undefined;
  return new Problem(code ?? "internal", { cause: error });
}

function errorsByField(broken: readonly BrokenRule[]): FieldErrors {
  const errors: Record<string, string[]> = {};
  for (const rule of broken) {
    const { missingProperty, additionalProperty } = rule.params;
    const path = rule.instancePath.split("/").slice(1);
    if (typeof missingProperty === "string") path.push(missingProperty);
    if (typeof additionalProperty === "string") path.push(additionalProperty);
    (errors[path.join(".") || "base"] ??= []).push(sayingOf(rule));
  }
  return errors;
}

function sayingOf({ params, message = "is invalid" }: BrokenRule): string {
  if (typeof params["missingProperty"] === "string") return "is required";
  if (typeof params["additionalProperty"] === "string") return "is not known";
  if (Array.isArray(params["allowedValues"])) return `must be one of ${params["allowedValues"].join(", ")}`;
  return message;
}
