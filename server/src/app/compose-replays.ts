import type { Logger } from "pino";
import type { Pool } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { workWhenWoken } from "./work-when-woken.ts";

/** How often to look for replays even if nothing says that there is one: another process may have died amidst of it. */
const everyMs = 2000;

/** Works on replays, beside whatever other processes do so. Closing it lets the chunk under way be committed. */
export const composeReplays = ({ pool, log }: { readonly pool: Pool; readonly log: Logger }): AsyncDisposable =>
  workWhenWoken({
    pool,
    hints: "replays",
    everyMs,
    step: () => workOnReplay(pool),
    failed: (error) => log.warn({ error: errorMessage(error) }, "a replay could not go on; trying again later"),
  });
