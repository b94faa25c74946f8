import axe from "axe-core";
import type { Page } from "playwright-core";

interface Partly {
  /** The only rules to check. */
  readonly rules?: readonly string[];
  /** Selects the only part whose contrast is checked: two thirds of the work. All else concerns the whole page. */
  readonly contrastWithin?: string;
}

/** Text, because it runs in the page. */
const run = (contrasts: string, options: object): string =>
  `axe.configure({ rules: [{ id: "color-contrast", selector: ${JSON.stringify(contrasts)} }] });
  axe.run("html", ${JSON.stringify(options)}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")))`;

/** Returns the accessibility violations that axe finds on a page: each rule with the elements that break it. */
export async function findViolations(page: Page, { rules, contrastWithin }: Partly = {}): Promise<readonly string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  // The elements that pass are not described.
  const contrasts = contrastWithin === undefined ? "*" : `${contrastWithin}, ${contrastWithin} *`;
  return page.evaluate<readonly string[]>(
    run(contrasts, { resultTypes: ["violations"], ...(rules && { runOnly: rules }) }),
  );
}
