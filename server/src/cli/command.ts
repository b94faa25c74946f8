import type { Environment } from "#platform/config/parsers.ts";
import { type Config, readConfig, warnOfGuessable } from "#platform/config/read-config.ts";
import { warnOfUnknownSettings } from "#platform/config/settings.ts";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { CannotStart, errorCode } from "#platform/errors.ts";
import { version } from "#platform/http.ts";

/** The dependencies of commands, injected by main.ts. */
export interface CommandNeeds {
  readonly env: Environment;
  readonly roles: readonly ("web" | "engine")[];
  /** Runs until it is stopped and returns the exit code. */
  readonly serve: (
    config: Config,
    roles: CommandNeeds["roles"],
    printStatus: (line: string) => void,
  ) => Promise<number>;
  /** Prints a result on stdout. */
  readonly print: (line: string) => void;
  /** Prints progress, warnings and errors on stderr. */
  readonly printStatus: (line: string) => void;
}

export interface Command {
  /** The arguments after `bellwire`. */
  readonly usage: string;
  readonly summary: string;
  /** Returns the exit code. */
  readonly run: (args: readonly string[], needs: CommandNeeds) => Promise<number>;
}

/** Wrong arguments: printed with the usage. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

const exitCodes = { fine: 0, failed: 1, wrongUsage: 2 } as const;

/** Runs a command, `serve` if none is named, and returns the exit code. Rejects only for bugs. */
export async function runCommandLine(args: readonly string[], needs: CommandNeeds): Promise<number> {
  if (args.length === 0) return runCommandLine(["serve"], needs);
  const wantsHelp = args[0] === "help" || args.includes("--help") || args.includes("-h");
  const commands = args[0] === "serve" && !wantsHelp ? [serve] : await loadCommands();
  if (wantsHelp) {
    needs.print(help(commandsOf(args[0] === "help" ? args.slice(1) : args, commands), commands));
    return exitCodes.fine;
  }
  if (args[0] === "--version") {
    needs.print(`bellwire ${version}`);
    return exitCodes.fine;
  }
  const command = commands.find((each) => nameOf(each).every((word, index) => word === args[index]));
  if (!command) {
    needs.printStatus(explainUnknown(args, commands));
    return exitCodes.wrongUsage;
  }
  try {
    return await command.run(args.slice(nameOf(command).length), needs);
  } catch (error) {
    if (error instanceof CannotStart) {
      needs.printStatus(`bellwire: ${error.message}`);
      return exitCodes.failed;
    }
    if (error instanceof Error && (error instanceof WrongUsage || errorCode(error)?.startsWith("ERR_PARSE_ARGS"))) {
      needs.printStatus(`bellwire: ${error.message}\nusage: bellwire ${command.usage}`);
      return exitCodes.wrongUsage;
    }
    throw error;
  }
}

/** Returns the command name: the words of the usage before the first option. */
const nameOf = ({ usage }: Command): readonly string[] => /^[a-z ]+\b(?=$| )/.exec(usage)?.[0].trim().split(" ") ?? [];

/** Loads the other commands on demand: they would add a fifth to the start of `serve`. */
const loadCommands = async (): Promise<readonly Command[]> => (await import("./commands.ts")).commands;

/** Returns the commands that match the words before the first option, as far as both go. */
const commandsOf = (args: readonly string[], commands: readonly Command[]): readonly Command[] => {
  const firstOption = args.findIndex((arg) => arg.startsWith("-"));
  const words = firstOption === -1 ? args : args.slice(0, firstOption);
  if (words.length === 0) return [];
  return commands.filter((each) => {
    const shared = nameOf(each).slice(0, words.length);
    return shared.every((word, index) => word === words[index]);
  });
};

/** Explains the commands that begin with the given words, or lists the names of all: their explanations fill two screens. */
function explainUnknown(args: readonly string[], commands: readonly Command[]): string {
  const [word = ""] = args;
  const matches = commandsOf(args, commands);
  if (matches.length > 0) return `"${word}" is incomplete.\n\n${help(matches, commands)}`;
  const siblings = commands.filter((each) => nameOf(each)[0] === word);
  if (siblings.length > 0) return `There is no command "${args.join(" ")}".\n\n${help(siblings, commands)}`;
  const names = commands.map((each) => nameOf(each).join(" ")).join(", ");
  return `There is no command "${word}". Commands: ${names}.\n\n\`bellwire help\` explains them.`;
}

/**
 * Parses arguments. Refuses an empty value, which is usually that of a script's unset variable, and an option that is given twice unless
 * it takes several values: the last one would count alone, so `erase --account 5 --account 7` would erase one account.
 */
export function parseArguments<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
  others?: "positionals",
) {
  const parsed = parseArgs({ args: [...args], options, allowPositionals: others === "positionals", tokens: true });
  const given = new Set<string>();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    if (token.value === "") throw new WrongUsage(`Give --${token.name} a value.`);
    if (options[token.name]?.multiple) continue;
    if (given.has(token.name)) throw new WrongUsage(`Give --${token.name} once.`);
    given.add(token.name);
  }
  return parsed;
}

/** Returns the only positional argument. */
export function requireOne([one, ...more]: readonly string[], refusal: string): string {
  if (!one || more.length > 0) throw new WrongUsage(refusal);
  return one;
}

/** Parses decimal digits. Returns NaN for all other texts, such as `0x10`, `1e3` and an empty one. */
export const parseWhole = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN);

/** Parses an id, as in `--endpoint 7`. Returns undefined if the option is absent. */
export function parseId(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const id = parseWhole(text);
  if (!Number.isSafeInteger(id) || id < 1) {
    throw new WrongUsage(`${option} must be a number, the id of the object.`);
  }
  return id;
}

/** Explains some commands, or all of them if there are none. */
const help = (some: readonly Command[], all: readonly Command[]): string =>
  [
    "Usage: bellwire COMMAND",
    ...(some.length > 0 ? some : all).map(({ usage, summary }) => `  ${usage}\n      ${summary}`),
  ]
    .join("\n\n")
    .concat(some.length > 0 ? "\n\n`bellwire help` lists all commands." : "");

export const serve: Command = {
  usage: "serve [--role web|engine]",
  summary: "run until stopped; all roles unless --role is given",
  async run(args, { env, roles, serve: serveRoles, print, printStatus }) {
    const { values } = parseArguments(args, { role: { type: "string", multiple: true } });
    const unknown = values.role?.find((role) => !roles.some((known) => known === role));
    if (unknown !== undefined) throw new WrongUsage(`There is no role ${unknown}: use ${roles.join(" or ")}.`);
    const chosen = roles.filter((role) => values.role?.includes(role) ?? true);
    for (const warning of warnOfUnknownSettings(env)) printStatus(warning);
    const config = readConfig(env, chosen);
    for (const warning of warnOfGuessable(config)) printStatus(warning);
    return serveRoles(config, chosen, print);
  },
};
