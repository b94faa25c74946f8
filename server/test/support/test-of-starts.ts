import { cloneTemplate } from "./clone-template.ts";
import { test as base } from "./test.ts";
import { templateOfStarts } from "./test-databases.ts";

/** The same fixtures, for tests in which Bellwire starts or a command runs: `databaseUrl` and `database` have all days ahead. */
export const test = base.extend("databaseUrl", async ({}, { onCleanup }) => {
  const clone = await cloneTemplate(templateOfStarts);
  onCleanup(() => clone[Symbol.asyncDispose]());
  return clone.connectionString;
});
