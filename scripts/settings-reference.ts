import type { Setting } from "../server/src/platform/config/parsers.ts";
import { settings } from "../server/src/platform/config/settings.ts";

/** Renders docs/reference/settings.md. */
export function settingsReference(): string {
  const rows = Object.values(settings).map(
    (setting: Setting<unknown>) =>
      `| \`${setting.name}\`${setting.isSecret ? " (secret)" : ""} | ${defaultWords(setting)} | ${setting.meaning.replaceAll("|", "\\|")} |`,
  );
  return `# Settings

Environment variables, read once at the start. An empty one counts as not set. One message names everything that is wrong,
and nothing starts. \`npm exec bellwire -- config\` shows each setting, its value and its source. A variable that starts with
\`BELLWIRE_\` and is not a setting has no effect, and a start says so.

Secret settings can also be read from a file: \`NAME_FILE\` is the path of a file that contains the value of \`NAME\`.
\`BELLWIRE_CONFIG_FILE\` is a file with lines of the form \`NAME=value\`, with quotes around a value that has a \`#\`. Environment variables
win over it.

| variable | default | meaning |
| --- | --- | --- |
${rows.join("\n")}
`;
}

function defaultWords({ fallback, embeddedFallback, fallbackWords }: Setting<unknown>): string {
  if (embeddedFallback) return `\`${fallback}\`; embedded database: \`${embeddedFallback}\``;
  return fallbackWords ?? (fallback === "" ? "unset" : `\`${fallback}\``);
}
