import { backup } from "./back-up.ts";
import { changeUserPassword } from "./change-user-password.ts";
import { checkFailures } from "./check-failures.ts";
import type { Command } from "./command.ts";
import { createProvider } from "./create-provider.ts";
import { createToken } from "./create-token.ts";
import { deleteFailures } from "./delete-failures.ts";
import { listFailures } from "./list-failures.ts";
import { migrate } from "./migrate.ts";
import { rekey } from "./rekey.ts";
import { retryFailures } from "./retry-failures.ts";
import { serve } from "./serve.ts";
import { setLimit } from "./set-limit.ts";
import { showConfig } from "./show-config.ts";

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
