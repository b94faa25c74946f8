/** What the connection, the body and the answer need. */
const reservedNames: ReadonlySet<string> = new Set([
  "accept-encoding", // an answer is kept as it came, and never decompressed
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** Ours to set: an endpoint's own headers may not, and could not pretend to be an event of ours, which in CloudEvents has attributes `ce-…`. */
export function isReservedHeader(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return (
    reservedNames.has(lowerCase) ||
    lowerCase.startsWith("webhook-") ||
    lowerCase.startsWith("bellwire-") ||
    lowerCase.startsWith("ce-")
  );
}
