import type { Command } from "./command.ts";
import { checkFailures, deleteFailures, listFailures, retryFailures } from "./failures.ts";
import { backup, migrate, rekey, showConfig } from "./maintenance.ts";
import { changeUserPassword, createProvider, createToken, setLimit } from "./providers.ts";
import { serve } from "./run-command-line.ts";

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [
  serve,
  migrate,
  createProvider,
  setLimit,
  createToken,
  listFailures,
  retryFailures,
  deleteFailures,
  checkFailures,
  changeUserPassword,
  rekey,
  backup,
  showConfig,
];
