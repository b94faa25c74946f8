import type { Setting } from "./setting.ts";
import { settings } from "./settings.ts";

/** docs/reference/settings.md */
export function settingsReference(): string {
  const rows = Object.values(settings).map(
    (setting: Setting<unknown>) =>
      `| \`${setting.name}\` | ${defaultWords(setting)} | ${setting.meaning.replaceAll("|", "\\|")} |`,
  );
  return `# Settings

Environment variables, read once at the start. An empty one counts as not set. Everything that is wrong is said in one
message, and nothing starts. \`npm exec bellwire -- config\` shows each setting, its value and where it came from.

| variable | default | meaning |
| --- | --- | --- |
${rows.join("\n")}
`;
}

function defaultWords({ fallback, embeddedFallback, fallbackWords }: Setting<unknown>): string {
  if (embeddedFallback) return `\`${fallback}\`; embedded database: \`${embeddedFallback}\``;
  return fallbackWords ?? (fallback === "" ? "unset" : `\`${fallback}\``);
}
