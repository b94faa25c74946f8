export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const storageKey = "bellwire-theme";
const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

export function readTheme(): Theme {
  const stored = localStorage.getItem(storageKey);
  return themes.find((theme) => theme === stored) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(storageKey, theme);
  applyTheme();
}

/** Puts the chosen theme on the page, and keeps following the system while nothing is chosen. */
export function startTheme(): void {
  applyTheme();
  prefersDark.addEventListener("change", applyTheme);
}

function applyTheme(): void {
  const theme = readTheme();
  const isDark = theme === "dark" || (theme === "system" && prefersDark.matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", isDark);
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
}
