import { composeEngine } from "./compose-engine.ts";
import { composeMail } from "./compose-mail.ts";
import { composeReplays } from "./compose-replays.ts";
import { keepHouse } from "./keep-house.ts";
import type { Parts } from "./open-parts.ts";

/**
 * Starts everything that the engine role does: deliveries, replays, mails, housekeeping. Closing it drains the engine.
 *
 * @param drainMs how long attempts in flight may take to finish, asked when it is closed
 */
export async function startEngineRole(parts: Parts, drainMs: () => number): Promise<AsyncDisposable> {
  const { config } = parts;
  await using running = new AsyncDisposableStack();
  running.use(await composeEngine({ ...parts, ...config, inFlightMax: config.engineConcurrency, drainMs }));
  running.use(composeReplays(parts));
  running.use(composeMail(parts));
  const heldQuota = { rowsMax: config.heldRowsMax, daysMax: config.heldDaysMax };
  running.use(keepHouse({ ...parts, retentionDays: config.retentionDays, heldQuota }));
  return running.move();
}
