import type { Environment } from "#platform/config/parsers.ts";
import { type Config, readConfig } from "#platform/config/read-config.ts";
import { parseArgs } from "node:util";
import { CannotStart, errorCode } from "#platform/errors.ts";

/** The dependencies of commands, injected by main.ts. */
export interface CommandNeeds {
  readonly env: Environment;
  readonly roles: readonly ("web" | "engine")[];
  /** Runs until it is stopped and returns the exit code. */
  readonly serve: (config: Config, roles: CommandNeeds["roles"], say: (line: string) => void) => Promise<number>;
  /** Prints a result on stdout. */
  readonly print: (line: string) => void;
  /** Prints progress on stderr. */
  readonly tell: (line: string) => void;
}

export interface Command {
  /** The arguments after `bellwire`. */
  readonly usage: string;
  readonly says: string;
  /** Returns the exit code. */
  readonly run: (args: readonly string[], needs: CommandNeeds) => Promise<number>;
}

/** Wrong arguments: printed with the usage. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

const exitCodes = { fine: 0, failed: 1, wronglyCalled: 2 } as const;

/** Runs a command, `serve` if none is named, and returns the exit code. Rejects only for bugs. */
export async function runCommandLine(args: readonly string[], needs: CommandNeeds): Promise<number> {
  if (args.length === 0) return runCommandLine(["serve"], needs);
  const commands = args[0] === "serve" ? [serve] : await loadCommands();
  if (args[0] === "help" || args.includes("--help")) {
    needs.print(help(await loadCommands()));
    return exitCodes.fine;
  }
  const command = commands.find((each) => nameOf(each).every((word, index) => word === args[index]));
  if (!command) {
    needs.tell(`There is no command "${args.join(" ")}".\n\n${help(commands)}`);
    return exitCodes.wronglyCalled;
  }
  try {
    return await command.run(args.slice(nameOf(command).length), needs);
  } catch (error) {
    if (error instanceof CannotStart) {
      needs.tell(`bellwire: ${error.message}`);
      return exitCodes.failed;
    }
    if (error instanceof Error && (error instanceof WrongUsage || errorCode(error)?.startsWith("ERR_PARSE_ARGS"))) {
      needs.tell(`bellwire: ${error.message}\nusage: bellwire ${command.usage}`);
      return exitCodes.wronglyCalled;
    }
    throw error;
  }
}

/** Returns the command name: the words of the usage before the first option. */
const nameOf = ({ usage }: Command): readonly string[] => /^[a-z ]+\b(?=$| )/.exec(usage)?.[0].trim().split(" ") ?? [];

/** Loads the other commands on demand: they would add a fifth to the start of `serve`. */
const loadCommands = async (): Promise<readonly Command[]> => (await import("./commands.ts")).commands;

const help = (commands: readonly Command[]): string =>
  ["Usage: bellwire COMMAND", ...commands.map(({ usage, says }) => `  ${usage}\n      ${says}`)].join("\n\n");

export const serve: Command = {
  usage: "serve [--role web|engine]",
  says: "run until stopped; all roles unless --role is given",
  async run(args, { env, roles, serve: serveRoles, print }) {
    const { values } = parseArgs({ args: [...args], options: { role: { type: "string", multiple: true } } });
    const unknown = values.role?.find((role) => !roles.some((known) => known === role));
    if (unknown !== undefined) throw new WrongUsage(`There is no role ${unknown}: say ${roles.join(" or ")}.`);
    const chosen = roles.filter((role) => values.role?.includes(role) ?? true);
    return serveRoles(readConfig(env), chosen, print);
  },
};
