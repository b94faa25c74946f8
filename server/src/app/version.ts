import { readFileSync } from "node:fs";

const { version: read }: { version: string } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

/** Bellwire's own, as requests and the OpenAPI documents tell it. */
export const version = read;
