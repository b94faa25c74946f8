import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const dist = join(root, "docs/site/dist");
const base = "/bellwire/";

/** The ids of a page, which links with `#` name. */
const idsOf = (html: string): ReadonlySet<string> =>
  new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id = ""]) => id));

test(
  "the documentation site builds, and every link leads to an existing page, file or heading",
  { timeout: 300_000 },
  async () => {
    await promisify(execFile)("npm", ["run", "docs", "--", "--base", base], { cwd: root });
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
  },
);
