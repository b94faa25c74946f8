import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { templateName } from "./test-databases.ts";

export interface Clone extends AsyncDisposable {
  readonly name: string;
  readonly connectionString: string;
}

/** Copies the migrated template in about 20 ms, so each test that commits has its own database. */
export async function cloneTemplate(template = templateName): Promise<Clone> {
  const server = inject("postgresUrl");
  const name = `clone_${randomBytes(6).toString("hex")}`;
  await administrate(server, `create database ${name} template ${template} strategy file_copy`);
  return {
    name,
    connectionString: server.replace("/postgres?", `/${name}?`),
    [Symbol.asyncDispose]: () => administrate(server, `drop database ${name} with (force)`),
  };
}

/** A new connection costs half as much as the copy, so a process keeps one. It does not keep the process alive. */
const administrators = new Map<string, pg.Pool>();

async function administrate(server: string, statement: string): Promise<void> {
  let administrator = administrators.get(server);
  if (!administrator) {
    administrator = new pg.Pool({ connectionString: server, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
    administrator.on("error", () => undefined); // the server may end first
    administrators.set(server, administrator);
  }
  await administrator.query(statement);
}
