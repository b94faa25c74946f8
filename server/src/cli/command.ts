import type { Environment } from "#platform/config/parsers.ts";
import type { Config } from "#platform/config/read-config.ts";

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
