import { join } from "node:path";
import { appRole, ensureAppDatabase } from "./app-database.ts";
import { choosePlace } from "./choose-place.ts";
import { findBinaries } from "./find-binaries.ts";
import { initDatabase, ownerRole } from "./init-database.ts";
import { keepPasswords } from "./passwords.ts";
import { settledPostmaster } from "./postmaster.ts";
import { openPresence, type Presence } from "./presence.ts";
import { socketPort } from "./server-settings.ts";
import { makeSocketFolder } from "./socket-folder.ts";
import { startServer } from "./start-server.ts";

/** A server that runs, and in which this process is present. */
export interface RunningServer {
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** PostgreSQL's own data directory. */
  readonly pgData: string;
  readonly presence: Presence;
  /** Whether this process started it, and not another one before. */
  readonly isStartedHere: boolean;
}

/** Joins the server of a data directory, and starts it (and makes its database) if need be. The caller holds the lock. */
export async function startOrJoin(dataDir: string, say: (line: string) => void): Promise<RunningServer> {
  const place = await choosePlace(dataDir, say);
  const passwords = await keepPasswords(dataDir);
  const socketFolder = await makeSocketFolder(place);
  const pgData = join(place.folder, "postgres");
  const isStartedHere = (await settledPostmaster(pgData)) === undefined;
  if (isStartedHere) {
    const binaries = await findBinaries(place.user, say);
    await initDatabase({ place, binaries, ownerPassword: passwords.owner, say });
    await startServer({ place, binaries, socketFolder, say });
  }
  const urlOf = (role: string, password: string) => (database: string) =>
    `postgresql://${role}:${password}@localhost:${socketPort}/${database}?host=${encodeURIComponent(socketFolder)}&sslmode=disable`;
  const ownerUrlOf = urlOf(ownerRole, passwords.owner);
  const database = await ensureAppDatabase(ownerUrlOf, passwords.app);
  const ownerUrl = ownerUrlOf(database);
  const presence = await openPresence(ownerUrl);
  return { ownerUrl, appUrl: urlOf(appRole, passwords.app)(database), pgData, presence, isStartedHere };
}
