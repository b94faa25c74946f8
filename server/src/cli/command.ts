import type { Environment } from "#platform/config/parsers.ts";
import type { Config } from "#platform/config/read-config.ts";

/** What the command line needs from outside, handed in by main.ts. */
export interface CommandNeeds {
  readonly env: Environment;
  readonly roles: readonly ("web" | "engine")[];
  /** Runs until it is stopped and gives the exit code. */
  readonly serve: (config: Config, roles: CommandNeeds["roles"], say: (line: string) => void) => Promise<number>;
  /** The result, on stdout. */
  readonly print: (line: string) => void;
  /** What happens meanwhile, on stderr. */
  readonly tell: (line: string) => void;
}

export interface Command {
  /** What comes behind `bellwire`. */
  readonly usage: string;
  readonly says: string;
  /** Gives the exit code. */
  readonly run: (args: readonly string[], needs: CommandNeeds) => Promise<number>;
}

/** A command that was called wrongly: shown with its usage. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}
