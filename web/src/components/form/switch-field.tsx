import { Checkbox } from "@patternfly/react-core";

export interface SwitchFieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** Something that is or is not so, with what it means below. */
export const SwitchField = ({ id, label, hint, isOn, onChange }: SwitchFieldProps) => (
  <Checkbox
    id={id}
    name={id}
    label={label}
    description={hint}
    isChecked={isOn}
    onChange={(_, isChecked) => onChange(isChecked)}
  />
);
