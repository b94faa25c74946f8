import type { FastifyRequest } from "fastify";

/**
 * Whether a page of another origin sent this. A browser says where a request comes from (Sec-Fetch-Site, else Origin); a
 * program says neither, and is no danger: it has no cookies of somebody else to abuse.
 */
export function comesFromElsewhere(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string") return site !== "same-origin" && site !== "none";
  const { origin } = request.headers;
  return origin !== undefined && hostOf(origin) !== request.host;
}

/** With the port, unless it is the scheme's own: as browsers write Host. */
const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host;
