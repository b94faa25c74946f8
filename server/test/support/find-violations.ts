import axe from "axe-core";
import type { Page } from "playwright-core";

/** Text, because it runs in the page. */
const run = (options: object): string => `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")))`;

/** Returns what axe finds wrong with the accessibility of a page: each rule with the elements that break it. */
export async function findViolations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  // The nodes that pass are not described: half of the time on a page with a long table.
  return page.evaluate<readonly string[]>(run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) }));
}
