import { InvalidSecret, readSecrets } from "@bellwire/receiver";

export interface Settings {
  readonly port: number;
  /** One secret, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /** The file that the contacts are kept in. */
  readonly database: string;
}

/** Reads the environment, and says everything that is wrong with it. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const wrong: string[] = [];
  const port = Number(environment["PORT"] ?? 4000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) wrong.push("PORT must be a whole number from 0 to 65535");
  const secrets = secretsOf(environment["WEBHOOK_SECRET"], wrong);
  if (wrong.length > 0) throw new Error(`The CRM cannot start:\n- ${wrong.join("\n- ")}`);
  return { port, secrets, database: environment["DATABASE"] ?? "crm.db" };
}

function secretsOf(text: string | undefined, wrong: string[]): readonly string[] {
  try {
    return readSecrets(text);
  } catch (error) {
    if (!(error instanceof InvalidSecret)) throw error;
    wrong.push(`WEBHOOK_SECRET must be the signing secret of the endpoint, whsec_…: ${error.message}`);
    return [];
  }
}
