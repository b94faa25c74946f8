import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** The beginning of an error, which says what was wrong. */
const errorLinesMax = 30;

/**
 * Prints the result as the last line of a run. A file that cannot be loaded counts as failed. Names each test that passed only when
 * it was repeated above that line, with its first error, because it is to be mended.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const count = (state: (typeof states)[number]): number => states.filter((each) => each === state).length;
    const brokenSuites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = brokenSuites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length;
    const skipped = count("skipped") + count("pending");

    for (const test of tests.filter((each) => each.diagnostic()?.flaky === true)) {
      process.stdout.write(
        `\npassed when repeated: ${test.module.relativeModuleId} > ${test.fullName}${firstError(test)}`,
      );
    }
    const line = `${count("passed")} passed, ${count("failed") + broken} failed`;
    process.stdout.write(`\n${line}${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  }
}

function firstError(test: TestCase): string {
  const [error] = test.result().errors ?? [];
  const text = [error?.message, error?.diff].filter((part) => part !== undefined).join("\n");
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines
    .slice(0, errorLinesMax)
    .map((line) => `\n  ${line}`)
    .join("");
}
