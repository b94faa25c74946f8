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
  // As long as the options are not there, the list is narrowed all the same, and must not seem to show everything.
  const isOffered = value === undefined || options.some((option) => option.value === value);
  return (
    <ToolbarItem className="bellwire-filter">
      <FormSelect aria-label={label} value={value ?? ""} onChange={(_, chosen) => onChange(chosen || undefined)}>
        {all && <FormSelectOption value="" label={all} />}
        {!isOffered && <FormSelectOption value={value} label={value} />}
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </ToolbarItem>
  );
}
