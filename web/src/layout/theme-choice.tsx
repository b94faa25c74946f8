import { DropdownGroup, DropdownItem, DropdownList } from "@patternfly/react-core";
import { useState } from "react";

import { chooseTheme, readTheme, themes } from "../theme/theme.ts";

const labels = { system: "As the system", light: "Light", dark: "Dark" } as const;

export function ThemeChoice() {
  const [chosen, setChosen] = useState(readTheme);
  return (
    <DropdownGroup label="Theme">
      <DropdownList>
        {themes.map((theme) => (
          <DropdownItem
            key={theme}
            isSelected={theme === chosen}
            onClick={() => {
              chooseTheme(theme);
              setChosen(theme);
            }}
          >
            {labels[theme]}
          </DropdownItem>
        ))}
      </DropdownList>
    </DropdownGroup>
  );
}
