import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { claimPort } from "../../src/app/listening.ts";
import { until } from "../support/until.ts";
import { packInto } from "./pack.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const guides = join(root, "docs/guides");
const timeout = 300_000;
const blockMs = 120_000;

/** A code block of a guide, with the comments that say how to run it and which output to expect. */
interface Block {
  readonly text: string;
  /** A program of another language. Where it is not installed, the block is skipped. */
  readonly needs: string | undefined;
  /** Keeps running; the next block follows once its output matches. */
  readonly background: RegExp | undefined;
  /** Repeated until its output matches. */
  readonly until: RegExp | undefined;
  readonly expected: RegExp | undefined;
  /** Output of a block in the background. */
  readonly expectedLater: RegExp | undefined;
}

const blockPattern =
  /(?:<!-- needs: (\S+) -->\n)?(?:<!-- run: (background )?until "([^"\n]*)" -->\n)?```sh\n([\s\S]*?)```\n(?:\n<!-- expect( in background)?: (.*?) -->)?/g;

const escaped = (text: string | undefined): RegExp | undefined =>
  text === undefined ? undefined : new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));

const blocksOf = (guide: string): readonly Block[] =>
  Array.from(guide.matchAll(blockPattern), ([, needs, background, pattern, text = "", later, expected]) => ({
    text,
    needs,
    background: background && pattern ? new RegExp(pattern) : undefined,
    until: !background && pattern ? new RegExp(pattern) : undefined,
    expected: later ? undefined : escaped(expected),
    expectedLater: later ? escaped(expected) : undefined,
  }));

const end = "END-OF-BLOCK";

interface ShellOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A shell in which the blocks of a guide run one after another, as a reader would paste them. */
class Shell implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #background: ChildProcess[] = [];
  readonly #options: ShellOptions;
  #output = "";
  #later = "";

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#child = spawn("bash", ["-s"], { ...options, stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  /** Output of blocks in the background so far. */
  get later(): string {
    return this.#later;
  }

  async run(text: string): Promise<{ readonly code: string; readonly output: string }> {
    this.#output = "";
    this.#child.stdin?.write(`set -o pipefail\n${text}\necho "${end} $?"\n`);
    await until(() => this.#output.includes(end), { withinMs: blockMs });
    const [output = "", code = ""] = this.#output.split(`${end} `);
    return { code: code.trim(), output };
  }

  async runInBackground(text: string, ready: RegExp): Promise<void> {
    const child = spawn("bash", ["-c", text], { ...this.#options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#background.push(child);
    const before = this.#later.length;
    const isReady = (): boolean => ready.test(this.#later.slice(before));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.#later += chunk.toString()));
    }
    await until(() => isReady() || child.exitCode !== null, { withinMs: 2 * blockMs });
    if (!isReady()) throw new Error(`It is not ready:\n${this.#later}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#background.toReversed()) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      await ended;
    }
    this.#child.kill();
  }
}

async function follow(shell: Shell, block: Block): Promise<void> {
  if (block.needs && (await shell.run(`command -v ${block.needs}`)).code !== "0") {
    console.warn(`skipped, because ${block.needs} is not installed:\n${block.text}`);
    return;
  }
  if (block.background) return shell.runInBackground(block.text, block.background);
  if (block.until) {
    const { until: pattern, text } = block;
    await until(async () => pattern.test((await shell.run(text)).output), { withinMs: blockMs });
    return;
  }
  const { code, output } = await shell.run(block.text);
  expect({ text: block.text, code, output }).toMatchObject({
    code: "0",
    output: block.expected ? expect.stringMatching(block.expected) : expect.any(String),
  });
  const { expectedLater } = block;
  if (expectedLater) await until(() => expectedLater.test(shell.later), { withinMs: blockMs });
}

test("every code block of the guides works as written", { timeout }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellwire-guides-"));
  const packages = await mkdtemp(join(tmpdir(), "bellwire-packages-"));
  const { bellwire, receiver } = await packInto(packages);
  const [port, receiverPort] = [await claimPort("127.0.0.1", 0), await claimPort("127.0.0.1", 0)];
  const atTheirPorts = (text: string): string =>
    text
      .replaceAll("localhost:3000", `localhost:${port}`)
      .replaceAll(/127\.0\.0\.1:4000|(?<=listen\()4000/g, (address) => address.replace("4000", String(receiverPort)))
      .replaceAll("PORT=4000", "PORT=0");
  try {
    await using shell = new Shell({
      cwd: folder,
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
        PORT: String(port),
        PACKAGE: bellwire,
        RECEIVER_PACKAGE: receiver,
        CLONE: root,
      },
    });
    const order = Array.from(
      (await readFile(join(guides, "README.md"), "utf8")).matchAll(/\]\(([\w-]+\.md)\)/g),
      ([, name = ""]) => name,
    );
    expect(order.toSorted()).toEqual((await readdir(guides)).filter((name) => name !== "README.md").toSorted());
    for (const name of order) {
      for (const block of blocksOf(atTheirPorts(await readFile(join(guides, name), "utf8"))))
        await follow(shell, block);
    }
  } finally {
    for (const path of [folder, packages]) await rm(path, { recursive: true, force: true });
  }
});
