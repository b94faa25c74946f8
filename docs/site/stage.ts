// Writes the pages of the site to pages/: each document at its address, with links that are right there, and the files that
// documents link to. .vitepress/config.ts takes the sidebar from here.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = fileURLToPath(new URL("pages/", import.meta.url));

/** Documents outside of docs/, and their places on the site. */
const elsewhere: Readonly<Record<string, string>> = {
  "README.md": "overview.md",
  "ARCHITECTURE.md": "architecture.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
  "CHANGELOG.md": "changelog.md",
  "bench/RESULTS.md": "notes/benchmark-results.md",
  "receiver/README.md": "guides/receiver-package.md",
  "examples/crm/README.md": "guides/example-crm.md",
  "server/src/webhooks/README.md": "internals/webhooks.md",
  "server/src/webhooks/attempts/README.md": "internals/attempts.md",
};

const folders = ["guides", "runbooks", "reference", "decisions", "notes"] as const;

const documentsIn = (folder: string): readonly string[] =>
  readdirSync(join(root, "docs", folder)).filter((name) => name.endsWith(".md"));

/** The README of a folder is its first page. */
const inDocs = ["README.md", ...folders.flatMap((folder) => documentsIn(folder).map((name) => `${folder}/${name}`))];
const places: Readonly<Record<string, string>> = {
  ...elsewhere,
  ...Object.fromEntries(inDocs.map((path) => [`docs/${path}`, path.replace(/(^|\/)README\.md$/, "$1index.md")])),
};

const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Item {
  readonly text: string;
  readonly link: string;
}

const itemOf = (path: string): Item => ({
  text: /^# (.+)$/m.exec(read(path))?.[1] ?? path,
  link: `/${(places[path] ?? "").replace(/(?:index)?\.md$/, "")}`,
});

/** The documents of a folder, in the order in which its README links to them; the others follow. */
function itemsOf(folder: string): readonly Item[] {
  const names = documentsIn(folder);
  const readme = names.includes("README.md") ? read(`docs/${folder}/README.md`) : "";
  const linked = Array.from(readme.matchAll(/\]\(([\w-]+\.md)\)/g), ([, name = ""]) => name);
  const order = new Set([...linked.filter((name) => names.includes(name)), ...names]);
  order.delete("README.md");
  return [...order].map((name) => itemOf(`docs/${folder}/${name}`));
}

export const sidebar = [
  {
    text: "Guides",
    collapsed: false,
    items: [...itemsOf("guides"), itemOf("receiver/README.md"), itemOf("examples/crm/README.md")],
  },
  { text: "Runbooks", collapsed: false, items: itemsOf("runbooks") },
  { text: "Reference", collapsed: true, items: itemsOf("reference") },
  { text: "Decisions", collapsed: true, items: itemsOf("decisions") },
  {
    text: "Project",
    collapsed: true,
    items: [
      "README.md",
      "ARCHITECTURE.md",
      "server/src/webhooks/README.md",
      "server/src/webhooks/attempts/README.md",
      "bench/RESULTS.md",
      "docs/notes/performance.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
    ].map(itemOf),
  },
];

/** Returns the address of a link in a document. Undefined for a folder without a page, of which only the text is shown. */
function addressOf(document: string, href: string): string | undefined {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return href;
  const [target = "", anchor = ""] = href.split("#", 2);
  const path = posix.join(posix.dirname(document), target).replace(/\/$/, "");
  if (!existsSync(join(root, path))) throw new Error(`${document} links to ${path}, which does not exist.`);
  const place = places[statSync(join(root, path)).isDirectory() ? posix.join(path, "README.md") : path];
  if (place !== undefined) return `/${place}${anchor && `#${anchor}`}`;
  if (statSync(join(root, path)).isDirectory()) return undefined;
  if (path.endsWith(".md")) throw new Error(`${document} links to ${path}, which has no place on the site.`);
  const copy = join(pages, "public/files", path);
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(join(root, path), copy);
  return `/files/${path}`;
}

/** Code blocks and inline code, which stay as they are; links and images; sources of images in HTML. */
const parts =
  /^```[\s\S]*?^```$|`[^`\n]+`(?!\])|(?<image>!?)\[(?<text>(?:[^[\]]|`[^`]*`)*)\]\((?<href>[^)\s]+)\)|src="(?<source>[^"]+)"/gm;

/** Returns the text of a page: the document with its links led to their addresses. */
function stage(document: string): string {
  const text = read(document);
  let [staged, at] = ["", 0];
  for (const match of text.matchAll(parts)) {
    staged += text.slice(at, match.index) + stagePart(document, match);
    at = match.index + match[0].length;
  }
  return staged + text.slice(at);
}

function stagePart(document: string, { 0: whole, groups = {} }: RegExpExecArray): string {
  const { image = "", text = "", href, source } = groups;
  if (source !== undefined) return `src="${addressOf(document, source) ?? source}"`;
  if (href === undefined) return whole;
  const address = addressOf(document, href);
  if (address === undefined) return text;
  if (image !== "" || !address.startsWith("/files/")) return `${image}[${text}](${address})`;
  // VitePress adds the site's folder to the addresses of pages and images, not of other files.
  const relative = posix.relative(posix.dirname(`/${places[document] ?? ""}`), address);
  return `[${text}](${relative}){target="_blank"}`;
}

/** Builds the pages anew. */
export function stagePages(): void {
  rmSync(pages, { recursive: true, force: true });
  for (const [document, place] of Object.entries(places)) {
    const page = join(pages, place);
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, stage(document));
  }
}
