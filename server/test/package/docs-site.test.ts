import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const dist = join(root, "docs/site/dist");
const base = "/bellwire/";

/** The ids of a page, which links with `#` name. */
const idsOf = (html: string): ReadonlySet<string> =>
  new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id = ""]) => id));

beforeAll(async () => {
  await promisify(execFile)("npm", ["run", "docs", "--", "--base", base], { cwd: root });
}, 300_000);

test("every link of the documentation site leads to an existing page, file or heading", async () => {
  const pages = (await readdir(dist, { recursive: true })).filter((path) => path.endsWith(".html"));
  expect(pages.length).toBeGreaterThan(60);
  const html = new Map(pages.map((path) => [path, readFileSync(join(dist, path), "utf8")]));
  const ids = new Map([...html].map(([path, text]) => [path, idsOf(text)]));
  const dead: string[] = [];
  for (const [path, text] of html) {
    for (const [, href = ""] of text.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      const [target = "", anchor] = href.split("#", 2);
      const absolute = posix.resolve(base, posix.dirname(path), target === "" ? posix.basename(path) : target);
      const file = posix.relative(base, absolute);
      const page = target.endsWith("/") ? posix.join(file, "index.html") : file;
      const existing = [page, `${page}.html`].find((name) => existsSync(join(dist, name)));
      if (existing === undefined) dead.push(`${path}: ${href}`);
      else if (anchor && !ids.get(existing)?.has(decodeURIComponent(anchor))) dead.push(`${path}: ${href}`);
    }
  }
  expect(dead).toEqual([]);
  const alerts = readFileSync(join(root, "deploy/monitoring/alerts.yaml"), "utf8");
  const runbooks = Array.from(alerts.matchAll(/runbook_url: https:\/\/docs\.example\.com\/bellwire\/(\S+)/g));
  expect(runbooks.length).toBeGreaterThan(8);
  expect(runbooks.map(([, path = ""]) => path).filter((path) => !html.has(path))).toEqual([]);
});

test("the documentation site draws the diagrams", async () => {
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  await page.route("http://docs.example/**", (route) =>
    route.fulfill({ path: join(dist, posix.relative(base, new URL(route.request().url()).pathname)) }),
  );
  await page.goto(`http://docs.example${base}internals/webhooks.html`);
  const drawn = page.locator("main svg[aria-roledescription=stateDiagram]");
  await expect.poll(() => drawn.count()).toBe(3);
  expect(await drawn.first().textContent()).toContain("delivered");
});
