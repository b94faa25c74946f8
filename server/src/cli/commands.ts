import { addCell, listCells, drainCell, moveProviderCommand } from "./cells.ts";
import { type Command, serve } from "./command.ts";
import { checkFailures, deleteFailures, listFailures, retryFailures } from "./failures.ts";
import { backup, hold, migrate, rekey, resume, showConfig } from "./maintenance.ts";
import { erase, showErasure } from "./personal-data.ts";
import {
  allowPasswords,
  changeUserPassword,
  createProvider,
  createToken,
  deleteProviderCommand,
  listProviders,
  setLimit,
  suspendProvider,
} from "./providers.ts";

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [
  serve,
  migrate,
  createProvider,
  listProviders,
  moveProviderCommand,
  setLimit,
  suspendProvider,
  allowPasswords,
  deleteProviderCommand,
  createToken,
  listFailures,
  retryFailures,
  deleteFailures,
  checkFailures,
  erase,
  showErasure,
  changeUserPassword,
  rekey,
  backup,
  addCell,
  listCells,
  drainCell,
  hold,
  resume,
  showConfig,
];
