/** The choices of a field as they are typed: one a line, since a choice may have commas in it. */
export const linesOf = (choices: readonly string[]): string => choices.join("\n");

/** The choices that these lines are: without spaces around, without empty ones, each once. */
export const choicesIn = (lines: string): string[] => [
  ...new Set(
    lines
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ),
];
