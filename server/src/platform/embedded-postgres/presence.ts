import pg from "pg";
import { randomHex } from "#platform/ids/random-token.ts";

const namePrefix = "bellwire presence ";

/** Shows the others, for as long as this process lives, that it uses the server: an idle connection, told by its name. */
export interface Presence {
  readonly name: string;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

export async function openPresence(ownerUrl: string): Promise<Presence> {
  const name = `${namePrefix}${process.pid}-${randomHex(4)}`;
  const client = new pg.Client({ connectionString: ownerUrl, application_name: name });
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.on("error", () => undefined); // an end follows, and that is heard
  await client.connect();
  return { name, ended, end: () => client.end() };
}

/** How many other processes use the server; none if it does not answer. */
export async function countOthers(ownerUrl: string, { name }: Presence): Promise<number> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      "select from pg_stat_activity where starts_with(application_name, $1) and application_name <> $2",
      [namePrefix, name],
    );
    return rows.length;
  } catch {
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
