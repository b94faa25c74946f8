import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { answerChoices, renderCurl, SerialQueue } from "./bin-page.ts";

const chosen = (answerStatus: number, answerDelayMs: number) => {
  const { statuses, delays } = answerChoices({ answerStatus, answerDelayMs });
  return { all: statuses.length + delays.length, shown: [...statuses, ...delays].filter((choice) => choice.is_chosen) };
};

test("the current response is marked, and added to the choices if missing", () => {
  expect(chosen(500, 2000)).toMatchObject({ all: 12, shown: [{ status: 500 }, { delay_ms: 2000, label: "2 s" }] });
  expect(chosen(418, 1500)).toMatchObject({ all: 14, shown: [{ status: 418 }, { delay_ms: 1500, label: "1.5 s" }] });
});

const url = "http://localhost:3000/bins/abc";
const request = {
  number: 1,
  receivedAt: new Date(0),
  method: "POST",
  path: "/bins/abc",
  query: "a=1&b='$HOME'",
  headers: [
    ["Host", "localhost:3000"],
    ["Content-Length", "12"],
    ["Content-Type", "text/plain"],
    ["X-Quote", `it's "$(id)" \\ \`id\``],
  ],
  body: Buffer.from(`it's\n<$(id)>\n`),
} as const;

/** Runs the command in a shell, and returns the arguments and the input that curl gets. */
function argumentsOf(command: string): string[] {
  const curl = `curl() { for it; do printf '%s\\0' "$it"; done; case "$*" in *@-*) cat | base64;; esac; }`;
  return execFileSync("sh", ["-c", `${curl}\n${command}`])
    .toString()
    .split("\0");
}

test("the curl command repeats a request with any characters", () => {
  expect(argumentsOf(renderCurl({ ...request, path: "/bins/abc/orders/[1-9]" }, url, request.body.toString()))).toEqual(
    [
      "--globoff", // a URL of a stranger would otherwise stand for many requests
      "--path-as-is",
      "-X",
      "POST",
      `${url}/orders/[1-9]?a=1&b='$HOME'`,
      "-H",
      "Content-Type: text/plain",
      "-H",
      `X-Quote: it's "$(id)" \\ \`id\``,
      "--data-raw",
      `it's\n<$(id)>\n`,
      "",
    ],
  );
});

test("the curl command sends no file that a body names", () => {
  const text = "@/etc/passwd";
  const command = renderCurl({ ...request, body: Buffer.from(text) }, url, text);
  expect(argumentsOf(command).slice(-3)).toEqual(["--data-raw", text, ""]);
});

test("the curl command decodes a binary body from base64", () => {
  const body = Buffer.from([0, 255, 10]);
  expect(argumentsOf(renderCurl({ ...request, body }, url, undefined)).slice(-3)).toEqual([
    "--data-binary",
    "@-",
    `${body.toString("base64")}\n`,
  ]);
});

test("the curl command of a request without a body sends none", () => {
  expect(renderCurl({ ...request, query: "", headers: [], body: Buffer.alloc(0) }, url, "")).toBe(
    `curl --globoff --path-as-is -X POST ${url}`,
  );
});

test("jobs run in order and one at a time, with a turn of the event loop between them", async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  let isOver = false;
  const turn = (): void => {
    log.push("turn");
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const jobs = ["a", "b", "c"].map((name) =>
    queue.run(1, async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push(`${name} ends`);
    }),
  );
  await Promise.all(jobs);
  isOver = true;
  const events = log.filter((event, at) => event !== "turn" || log[at - 1] !== "turn").join(", ");
  // A job of 1 ms may end before the next turn of a busy machine; between two jobs there is always one.
  expect(events).toMatch(
    /a begins,( turn,)? a ends, turn, b begins,( turn,)? b ends, turn, c begins,( turn,)? c ends$/,
  );
});

test("a failed job does not stop the next one", async () => {
  const queue = new SerialQueue();
  const failing = queue.run(1, () => Promise.reject(new Error("no")));
  const next = queue.run(1, async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("done");
});

test("many jobs of one provider delay a job of another by one job", async () => {
  const queue = new SerialQueue();
  const done: string[] = [];
  const run = (providerId: number, name: string) => queue.run(providerId, async () => void done.push(name));
  await Promise.all([...["a", "b", "c", "d"].map((name) => run(1, name)), run(2, "other")]);
  expect(done).toEqual(["a", "b", "other", "c", "d"]);
});
