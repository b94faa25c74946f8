import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { writeCurl } from "./write-curl.ts";

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

/** What a shell makes of the command: the arguments that curl gets, and what it reads. */
function argumentsOf(command: string): string[] {
  const curl = `curl() { for it; do printf '%s\\0' "$it"; done; case "$*" in *@-*) cat | base64;; esac; }`;
  return execFileSync("sh", ["-c", `${curl}\n${command}`])
    .toString()
    .split("\0");
}

test("the command sends the same request, whatever a stranger put into it", () => {
  expect(argumentsOf(writeCurl(request, url, request.body.toString()))).toEqual([
    "-X",
    "POST",
    `${url}?a=1&b='$HOME'`,
    "-H",
    "Content-Type: text/plain",
    "-H",
    `X-Quote: it's "$(id)" \\ \`id\``,
    "--data-binary",
    `it's\n<$(id)>\n`,
    "",
  ]);
});

test("a body that is no text goes through base64", () => {
  const body = Buffer.from([0, 255, 10]);
  expect(argumentsOf(writeCurl({ ...request, body }, url, undefined)).slice(-3)).toEqual([
    "--data-binary",
    "@-",
    `${body.toString("base64")}\n`,
  ]);
});

test("a request without a body has none", () => {
  expect(writeCurl({ ...request, query: "", headers: [], body: Buffer.alloc(0) }, url, "")).toBe(`curl -X POST ${url}`);
});
