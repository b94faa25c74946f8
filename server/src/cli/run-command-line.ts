import { CannotStart } from "#platform/config/cannot-start.ts";
import { codeOf } from "#platform/config/error-words.ts";
import { backup } from "./back-up.ts";
import { changeUserPassword } from "./change-user-password.ts";
import { checkFailures } from "./check-failures.ts";
import { type Command, type CommandNeeds, WrongUsage } from "./command.ts";
import { createProvider } from "./create-provider.ts";
import { createToken } from "./create-token.ts";
import { deleteFailures } from "./delete-failures.ts";
import { listFailures } from "./list-failures.ts";
import { migrate } from "./migrate.ts";
import { rekey } from "./rekey.ts";
import { retryFailures } from "./retry-failures.ts";
import { setLimit } from "./set-limit.ts";
import { serve } from "./serve.ts";
import { showConfig } from "./show-config.ts";

const commands: readonly Command[] = [
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

const exitCodes = { fine: 0, failed: 1, wronglyCalled: 2 } as const;

/** Runs the command that the arguments name and gives the exit code. Rejects for bugs only. */
export async function runCommandLine(args: readonly string[], needs: CommandNeeds): Promise<number> {
  if (args[0] === "help" || args.includes("--help")) {
    needs.print(help());
    return exitCodes.fine;
  }
  const command = commands.find((each) => nameOf(each).every((word, index) => word === args[index]));
  if (!command) {
    needs.tell(args.length === 0 ? help() : `There is no command "${args.join(" ")}".\n\n${help()}`);
    return exitCodes.wronglyCalled;
  }
  try {
    return await command.run(args.slice(nameOf(command).length), needs);
  } catch (error) {
    if (error instanceof CannotStart) {
      needs.tell(`bellwire: ${error.message}`);
      return exitCodes.failed;
    }
    if (error instanceof Error && (error instanceof WrongUsage || codeOf(error)?.startsWith("ERR_PARSE_ARGS"))) {
      needs.tell(`bellwire: ${error.message}\nusage: bellwire ${command.usage}`);
      return exitCodes.wronglyCalled;
    }
    throw error;
  }
}

/** The words of a usage before its first option: what a command is called by. */
const nameOf = ({ usage }: Command): readonly string[] => /^[a-z ]+\b(?=$| )/.exec(usage)?.[0].trim().split(" ") ?? [];

const help = (): string =>
  ["Usage: bellwire COMMAND", ...commands.map(({ usage, says }) => `  ${usage}\n      ${says}`)].join("\n\n");
