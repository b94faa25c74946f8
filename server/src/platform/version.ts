import { readFileSync } from "node:fs";

const { version: read }: { version: string } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

/** Bellwire's version, for the command line, requests and the OpenAPI documents. */
export const version = read;

/** The `User-Agent` of all deliveries. */
export const userAgent = `Bellwire/${version}`;
