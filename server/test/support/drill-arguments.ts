/** The arguments of a drill. A run with wrong ones could pass without a fault. */
export interface DrillArguments<Parsed> {
  readonly usage: string;
  /** Returns nothing for wrong arguments. */
  readonly parse: (args: readonly string[]) => Parsed | undefined;
}

/** Parses the arguments of this program. Wrong ones end it with the usage. */
export function requireArguments<Parsed>({ usage, parse }: DrillArguments<Parsed>): Parsed {
  const parsed = parse(process.argv.slice(2));
  if (parsed) return parsed;
  console.error(`usage: ${usage}`);
  process.exit(2);
}

export const chaosScenarios = ["one server", "primary and standby", "any actions"] as const;

/** Without a scenario, all of them run. */
export const chaosArguments: DrillArguments<{
  readonly minutes: number;
  readonly seed: number;
  readonly only: (typeof chaosScenarios)[number] | undefined;
}> = {
  usage: `npm run chaos -- MINUTES [SEED] [SCENARIO]; scenarios: ${chaosScenarios.join(", ")}`,
  parse([minutes = "10", seed = randomSeed(), name]) {
    const only = chaosScenarios.find((scenario) => scenario === name);
    if (!(Number(minutes) > 0) || !/^\d+$/.test(seed) || only !== name) return undefined;
    return { minutes: Number(minutes), seed: Number(seed), only };
  },
};

export const moveArguments: DrillArguments<{ readonly rounds: number; readonly seed: number }> = {
  usage: "npm run drill:move -- ROUNDS [SEED]",
  parse([rounds = "2", seed = randomSeed()]) {
    if (!isPositive(rounds) || !/^\d+$/.test(seed)) return undefined;
    return { rounds: Number(rounds), seed: Number(seed) };
  },
};

export const failoverArguments: DrillArguments<{
  readonly rounds: number;
  readonly standby: "synchronous" | "asynchronous";
  readonly version: 16 | 18;
  readonly isPooled: boolean;
}> = {
  usage: "npm run drill:failover -- ROUNDS [synchronous|asynchronous] [16|18] [pooled]",
  parse([rounds = "2", standby = "synchronous", version = "18", pooled = ""]) {
    const isKnown = /^a?synchronous (?:16|18) (?:pooled)?$/.test(`${standby} ${version} ${pooled}`);
    if (!isPositive(rounds) || !isKnown) return undefined;
    return {
      rounds: Number(rounds),
      standby: standby === "asynchronous" ? "asynchronous" : "synchronous",
      version: version === "16" ? 16 : 18,
      isPooled: pooled !== "",
    };
  },
};

const randomSeed = (): string => String(Math.floor(Math.random() * 1e9));

const isPositive = (number: string): boolean => /^[1-9]\d*$/.test(number);
