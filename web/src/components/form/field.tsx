import { FormGroup, FormHelperText, HelperText, HelperTextItem } from "@patternfly/react-core";
import type { ReactNode } from "react";

export interface FieldProps {
  readonly id: string;
  /** As the API calls it, where that is not the id. */
  readonly name?: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what was typed. */
  readonly errors?: readonly string[] | undefined;
  readonly isRequired?: boolean;
  readonly children: ReactNode;
}

/** The id of the text below a control, which describes it. */
export const hintIdOf = (id: string): string => `${id}-hint`;

const none: readonly string[] = [];

/** A control with its label above, and below it what is wrong and what it is for. */
export function Field({ id, label, hint, errors, isRequired = false, children }: FieldProps) {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {children}
      <FieldHint id={id} hint={hint} errors={errors} />
    </FormGroup>
  );
}

/** What is wrong with a field, and what it is for: that is what a wrong one is put right by. */
export const FieldHint = ({ id, hint, errors = none }: Pick<FieldProps, "id" | "hint" | "errors">) => (
  <FormHelperText>
    <HelperText id={hintIdOf(id)} isLiveRegion>
      {errors.map((error) => (
        <HelperTextItem key={error} variant="error">
          {error}
        </HelperTextItem>
      ))}
      {hint && <HelperTextItem>{hint}</HelperTextItem>}
    </HelperText>
  </FormHelperText>
);
