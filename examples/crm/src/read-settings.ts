export interface Settings {
  readonly port: number;
  /** One secret, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /** The file that the contacts are kept in. */
  readonly database: string;
}

/** Reads the environment, and says everything that is wrong with it. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings = {
    port: Number(environment["PORT"] ?? 4000),
    secrets: (environment["WEBHOOK_SECRET"] ?? "").split(",").filter((it) => it !== ""),
    database: environment["DATABASE"] ?? "crm.db",
  };
  const wrong: string[] = [];
  if (!Number.isInteger(settings.port) || settings.port < 0 || settings.port > 65_535)
    wrong.push("PORT must be a whole number from 0 to 65535");
  if (settings.secrets.length === 0 || !settings.secrets.every((it) => it.startsWith("whsec_")))
    wrong.push("WEBHOOK_SECRET must be the signing secret of the endpoint, whsec_…");
  if (wrong.length > 0) throw new Error(`The CRM cannot start:\n- ${wrong.join("\n- ")}`);
  return settings;
}
