// Writes the packages that would be published: dist/bellwire-VERSION.tgz and dist/bellwire-receiver-VERSION.tgz, and a list of all
// that the first contains as dist/bellwire-VERSION.cdx.json (CycloneDX).
//
// Node.js strips no types from files below node_modules, so the package has the bundled server. The Admin Portal's pages are built,
// and npm-shrinkwrap.json fixes the versions that this repository was tested with.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const staging = join(dist, "package");

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly link?: boolean;
}

const readJson = async <Content>(path: string): Promise<Content> =>
  JSON.parse(await readFile(join(root, path), "utf8"));

await rm(dist, { recursive: true, force: true });
await mkdir(staging, { recursive: true });
const log = (line: string): void => void process.stdout.write(`${line}\n`);

log("building the Admin Portal's pages");
npm("run", "build", "--silent");
execFileSync(process.execPath, ["scripts/bundle-program.js", join(staging, "server/dist")], {
  cwd: root,
  stdio: "inherit",
});
await copyFiles();
await writeManifests();
await writeSbom();
npm("pack", staging, "--pack-destination", dist, "--silent");
await rm(staging, { recursive: true });
npm("pack", "--workspace", "receiver", "--pack-destination", dist, "--silent");
for (const name of await readdir(dist)) log(`dist/${name}`);

function npm(...args: readonly string[]): void {
  execFileSync("npm", [...args], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}

/** Writes the software bill of materials, from the shrinkwrap. */
async function writeSbom(): Promise<void> {
  const sbom = execFileSync("npm", ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"], { cwd: staging });
  const { version } = await readJson<Manifest>("package.json");
  await writeFile(join(dist, `bellwire-${version}.cdx.json`), sbom);
}

/** Copies all that the server reads at run time, and what a user reads. */
async function copyFiles(): Promise<void> {
  for (const entry of await readdir(join(root, "server/src"), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !/\.(?:ts|md)$/.test(path)) await copy(path.slice(root.length));
  }
  for (const path of ["server/bin", "server/migrations", "web/dist", "LICENSE", "SECURITY.md", "CHANGELOG.md"])
    await copy(path);
  const readme = await readFile(join(root, "README.md"), "utf8");
  await writeFile(
    join(staging, "README.md"),
    readme.replaceAll(/^ *(?:!\[.*\]\(docs\/images\/.*\)|<img src="docs\/.*>)\n/gm, ""),
  );
}

async function copy(path: string): Promise<void> {
  await mkdir(dirname(join(staging, path)), { recursive: true });
  await cp(join(root, path), join(staging, path), { recursive: true });
}

async function writeManifests(): Promise<void> {
  const workspace = await readJson<Manifest>("package.json");
  const server = await readJson<Manifest>("server/package.json");
  const manifest = {
    name: "bellwire",
    version: workspace.version,
    description: workspace.description,
    license: workspace.license,
    type: "module",
    bin: { bellwire: "server/bin/bellwire" },
    engines: workspace.engines,
    dependencies: server.dependencies,
    optionalDependencies: { ...workspace.optionalDependencies, ...server.optionalDependencies },
  };
  const { packages } = await readJson<{ packages: Readonly<Record<string, LockedPackage>> }>("package-lock.json");
  const locked = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.startsWith("node_modules/") && dev !== true && link !== true,
  );
  const { name, version } = manifest;
  const shrinkwrap = {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { "": manifest, ...Object.fromEntries(locked) },
  };
  const write = (file: string, content: object): Promise<void> =>
    writeFile(join(staging, file), `${JSON.stringify(content, undefined, 2)}\n`);
  await write("package.json", manifest);
  await write("npm-shrinkwrap.json", shrinkwrap);
}
