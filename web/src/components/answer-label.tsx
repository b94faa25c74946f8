import { Label } from "@patternfly/react-core";

export interface AnswerLabelProps {
  readonly attempt: { readonly status: number | null; readonly error: string | null } | null;
}

/** The HTTP status of an answer, or that there was none. Green only if it counts as delivered. */
export function AnswerLabel({ attempt }: AnswerLabelProps) {
  if (!attempt) return <span className="bellwire-subtle">None yet</span>;
  const { status, error } = attempt;
  return (
    <Label isCompact color={error === null ? "green" : "red"} variant="outline" title={error ?? undefined}>
      {status ?? "No answer"}
    </Label>
  );
}
