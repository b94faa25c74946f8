import type { Reporter, TestModule } from "vitest/node";

/**
 * Prints the result as the last line of a run. A file that cannot be loaded counts as failed. Names each test that passed only when
 * it was repeated above that line, because it is to be mended.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const count = (state: (typeof states)[number]): number => states.filter((each) => each === state).length;
    const brokenSuites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = brokenSuites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length;
    const skipped = count("skipped") + count("pending");

    for (const { module, fullName } of tests.filter((test) => test.diagnostic()?.flaky === true)) {
      process.stdout.write(`\npassed when repeated: ${module.relativeModuleId} > ${fullName}`);
    }
    const line = `${count("passed")} passed, ${count("failed") + broken} failed`;
    process.stdout.write(`\n${line}${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  }
}
