import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser } from "playwright-core";

const installed = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** No sandbox: root cannot have one, and only our own pages are opened. No background requests, and no time for motion. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu-compositing",
  "--disable-smooth-scrolling",
  "--force-prefers-reduced-motion",
];

/** Long enough for a busy machine: no test depends on its speed. */
const patienceMs = 60_000;

/** Starts this machine's Chromium, or the one installed by npm. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await launch();
  return browser.on("context", (context) => context.setDefaultTimeout(patienceMs));
}

async function launch(): Promise<Browser> {
  const path = [process.env["CHROMIUM_PATH"], ...installed].find((each) => each !== undefined && existsSync(each));
  if (path !== undefined) return chromium.launch({ executablePath: path, args: flags });

  const folder = unpackedChromium();
  return chromium.launch({
    executablePath: join(folder, "chromium"),
    args: flags,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  });
}

/** Unpacks each version once, and renames it when complete: two runs may start at the same time. */
function unpackedChromium(): string {
  const packageFolder = fileURLToPath(new URL("..", import.meta.resolve("@sparticuz/chromium")));
  const { version }: { version: string } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  const cache = join(packageFolder, "..", "..", ".cache");
  const unpacked = join(cache, `chromium-${version}`);
  if (existsSync(unpacked)) return unpacked;

  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "chromium-"));
  const program = fileURLToPath(new URL("unpack-chromium.ts", import.meta.url));
  execFileSync(process.execPath, [program], { env: { ...process.env, TMPDIR: folder }, stdio: "inherit" });
  const fonts = `<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>`;
  writeFileSync(join(folder, "fonts.conf"), fonts);
  try {
    renameSync(folder, unpacked);
  } catch (error) {
    if (!existsSync(unpacked)) throw error; // otherwise another run was faster
    rmSync(folder, { recursive: true });
  }
  return unpacked;
}
