import { FormGroup } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { FieldHint, hintIdOf, type FieldProps } from "./field.tsx";

export interface ChoiceGroupProps extends Omit<FieldProps, "isRequired"> {
  /** Of several one, or each for itself. */
  readonly kind: "radiogroup" | "group";
  readonly children: ReactNode;
}

/** Things to be chosen from, with what is wrong with the choice below. */
export const ChoiceGroup = ({ id, kind, label, hint, errors, children }: ChoiceGroupProps) => (
  <FormGroup role={kind} label={label} fieldId={id} isStack aria-describedby={hintIdOf(id)}>
    {children}
    <FieldHint id={id} hint={hint} errors={errors} />
  </FormGroup>
);
