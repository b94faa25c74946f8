import { findPostmaster, hasEnded } from "./postmaster.ts";

/** A fast stop writes down what is in memory: a second or two, unless the disk is slow. Nothing is lost by not waiting. */
const fastStopMs = 8000;
/** An immediate stop writes nothing down; the next start replays what is in the log. */
const immediateStopMs = 5000;

/** Stops the server, whoever is still connected to it. The caller holds the lock. */
export async function stopServer(pgData: string): Promise<void> {
  const found = await findPostmaster(pgData);
  if (!found) return;
  process.kill(found.pid, "SIGINT");
  if (await hasEnded(found, pgData, fastStopMs)) return;
  process.kill(found.pid, "SIGQUIT");
  await hasEnded(found, pgData, immediateStopMs);
}
