import { FormSelect, FormSelectOption, ToolbarItem } from "@patternfly/react-core";

export interface SelectFilterProps {
  readonly label: string;
  /** What is chosen when nothing is filtered. Without it, one must be chosen. */
  readonly all?: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | undefined) => void;
}

export function SelectFilter({ label, all, value, options, onChange }: SelectFilterProps) {
  return (
    <ToolbarItem className="bellwire-filter">
      <FormSelect aria-label={label} value={value ?? ""} onChange={(_, chosen) => onChange(chosen || undefined)}>
        {all && <FormSelectOption value="" label={all} />}
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </ToolbarItem>
  );
}
