import { DropdownGroup, DropdownItem, DropdownList } from "@patternfly/react-core";
import { useState } from "react";

const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const storageKey = "bellwire-theme";
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const isPrinted = window.matchMedia("print");

function readTheme(): Theme {
  const stored = localStorage.getItem(storageKey);
  return themes.find((theme) => theme === stored) ?? "system";
}

function chooseTheme(theme: Theme): void {
  localStorage.setItem(storageKey, theme);
  applyTheme();
}

/** Applies the chosen theme, and follows the system's while none is chosen. Paper is white, so the dark theme would be pale on it. */
export function startTheme(): void {
  applyTheme();
  prefersDark.addEventListener("change", applyTheme);
  isPrinted.addEventListener("change", applyTheme);
}

function applyTheme(): void {
  const theme = readTheme();
  const isDark = !isPrinted.matches && (theme === "dark" || (theme === "system" && prefersDark.matches));
  document.documentElement.classList.toggle("pf-v6-theme-dark", isDark);
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
}

const labels = { system: "System", light: "Light", dark: "Dark" } as const;

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
