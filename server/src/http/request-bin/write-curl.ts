import type { BinRequest } from "#request-bin/index.ts";

/** What curl says by itself. */
const leftOut: ReadonlySet<string> = new Set(["host", "connection", "content-length", "transfer-encoding", "expect"]);

/** A command for a POSIX shell that sends the same request again. */
export function writeCurl(
  { method, query, headers, body }: Pick<BinRequest, "method" | "query" | "headers" | "body">,
  url: string,
  text: string | undefined,
): string {
  const target = query === "" ? url : `${url}?${query}`;
  const parts = [
    `curl -X ${quoted(method)} ${quoted(target)}`,
    ...headers
      .filter(([name]) => !leftOut.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
  ];
  if (body.length === 0) return parts.join(" \\\n  ");
  if (text !== undefined) return [...parts, `--data-binary ${quoted(text)}`].join(" \\\n  ");
  return `echo ${body.toString("base64")} | base64 -d | ${[...parts, "--data-binary @-"].join(" \\\n  ")}`;
}

const quoted = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
