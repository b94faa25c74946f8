import { SearchInput, ToolbarItem } from "@patternfly/react-core";
import { useState } from "react";

export interface TextFilterProps {
  readonly label: string;
  /** What the list shows now. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Narrows a list to what contains a text, once Enter is pressed. */
export function TextFilter({ label, value = "", onChange }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  return (
    <ToolbarItem className="bellwire-search">
      <SearchInput
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(_, text) => setTyped(text)}
        onSearch={() => onChange(typed.trim() || undefined)}
        onClear={() => {
          setTyped("");
          onChange(undefined);
        }}
      />
    </ToolbarItem>
  );
}
