import axe from "axe-core";
import type { Page } from "playwright-core";

interface Partly {
  /** The only rules to check. */
  readonly rules?: readonly string[];
  /** Selects the only part to check. */
  readonly within?: string;
}

/** Text, because it runs in the page. */
const run = (part: string, options: object): string =>
  `axe.run(${JSON.stringify(part)}, ${JSON.stringify(options)}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")))`;

/** Returns the accessibility violations that axe finds on a page: each rule with the elements that break it. */
export async function findViolations(page: Page, { rules, within = "html" }: Partly = {}): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  // The elements that pass are not described.
  return page.evaluate<readonly string[]>(
    run(within, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) }),
  );
}
