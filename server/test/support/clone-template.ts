import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { templateName } from "./test-databases.ts";

export interface Clone extends AsyncDisposable {
  readonly connectionString: string;
}

/** Copying the migrated template takes about 20 ms in memory, so each test that commits has its own database. */
export async function cloneTemplate(): Promise<Clone> {
  const server = inject("postgresUrl");
  const name = `clone_${randomBytes(6).toString("hex")}`;
  await runOnce(server, `create database ${name} template ${templateName} strategy file_copy`);
  return {
    connectionString: server.replace("/postgres?", `/${name}?`),
    [Symbol.asyncDispose]: () => runOnce(server, `drop database ${name} with (force)`),
  };
}

async function runOnce(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client(connectionString);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
