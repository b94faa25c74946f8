import { InvalidSecret, readSecrets } from "@bellwire/receiver";

export interface Settings {
  readonly port: number;
  /** One secret, or two during a rotation. */
  readonly secrets: readonly string[];
  /** Path of the database file. */
  readonly database: string;
}

/** Reads the environment. Throws one error that lists all problems. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const port = Number(environment["PORT"] ?? 4000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    problems.push("PORT must be a whole number from 0 to 65535");
  const secrets = parseSecrets(environment["WEBHOOK_SECRET"], problems);
  if (problems.length > 0) throw new Error(`The CRM cannot start:\n- ${problems.join("\n- ")}`);
  return { port, secrets, database: environment["DATABASE"] ?? "crm.db" };
}

function parseSecrets(text: string | undefined, problems: string[]): readonly string[] {
  try {
    return readSecrets(text);
  } catch (error) {
    if (!(error instanceof InvalidSecret)) throw error;
    problems.push(`WEBHOOK_SECRET must be the signing secret of the endpoint, whsec_…: ${error.message}`);
    return [];
  }
}
