import { readFileSync } from "node:fs";

const { version: read }: { version: string } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

/** Bellwire's version, for the command line, requests and the OpenAPI documents. */
export const version = read;

/** The `User-Agent` of all deliveries. */
export const userAgent = `Bellwire/${version}`;

/**
 * Node's HTTP module. An import statement would read all its properties. One of them loads the undici that is built into Node,
 * which Bellwire does not use: 0.1 s of the start of each process.
 */
export const nodeHttp = process.getBuiltinModule("node:http");

/** Request headers that a client sets for its own connection and body. */
export const connectionHeaders = [
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
] as const;
