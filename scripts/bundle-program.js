// Bundles the server: node scripts/bundle-program.js [FOLDER]. Without a folder, for this clone: npm does so at the end of `npm ci`.
//
// Our own files and TypeBox's become 34 files, which Node.js loads in two fifths of the processor time of 850; TypeBox alone has 373.
// Other packages stay where npm put them. JavaScript, so that an old Node.js can install what then tells it of its age.
import { rename, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { stampFile, stampOfSources } from "../server/bin/program.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "server/dist");
const [folder = dist] = process.argv.slice(2);

/** In a bundle, a module keeps the URL of its source: the paths of templates, migrations and packages are relative to it. */
const keepUrls = {
  name: "keep-urls",
  transform: {
    filter: { id: /\.ts$/, code: "import.meta.url" },
    handler: (code, id) => {
      const path = JSON.stringify(relative(dist, id).replaceAll(sep, "/"));
      return code.replaceAll("import.meta.url", `new URL(${path}, import.meta.url).href`);
    },
  },
};

async function bundle(rolldown) {
  const stamp = stampOfSources(); // before they are read: what changes meanwhile makes the bundle outdated
  const program = await rolldown({
    cwd: root,
    input: ["server/src/main.ts", "server/src/app/engine-process.ts"],
    platform: "node",
    external: (id) => !isAbsolute(id) && !/^(?:[.#]|typebox)/.test(id),
    treeshake: false, // like `minify`, it removes calls that are made because they may throw, such as decodeURIComponent of a path
    plugins: [keepUrls],
  });
  const draft = `${folder}-draft`;
  await rm(draft, { recursive: true, force: true });
  await program.write({ dir: draft, minify: false, entryFileNames: "[name].js", chunkFileNames: "[name].js" });
  if (folder === dist) await writeFile(join(draft, stampFile), stamp); // the package has no sources, and is the same from every clone
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

try {
  await bundle((await import("rolldown")).rolldown);
} catch (error) {
  if (folder !== dist) throw error; // a package consists of it
  // `npm ci --omit=dev` installs no bundler, and no platform should be without the program because it has none.
  if (error?.code !== "ERR_MODULE_NOT_FOUND")
    process.stderr.write(`The server could not be bundled and will start from its sources: ${String(error)}\n`);
}
