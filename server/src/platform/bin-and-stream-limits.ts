const mebibyte = 1024 * 1024;

/** How much a bucket holds, and how fast it fills again. */
export interface RateLimit {
  readonly max: number;
  readonly perSecond: number;
}

/** Bound the memory, disk and load of request bins, since anybody who knows a bin's address can send to it. */
export const binLimits = {
  bodyBytes: {
    name: "bin-body-bytes",
    of: "request",
    max: mebibyte,
    note: "A longer body is refused with 413. A webhook is a few KiB.",
  },
  keptRequests: {
    name: "kept-requests-per-bin",
    of: "bin",
    max: 500,
    note: "A new request replaces the oldest.",
  },
  keptBytes: {
    name: "kept-bytes-per-bin",
    of: "bin",
    max: 16 * mebibyte,
    note: "Counts 1 KiB more for each request than its texts and body take. A new request replaces the oldest.",
  },
  bytesOfBin: {
    name: "bytes-per-bin",
    of: "bin",
    max: 16 * mebibyte,
    perSecond: 256 * 1024,
    note: "Counted in the database, for all processes. Beyond it 429; nothing is kept. Also bounds the dead rows between two runs of autovacuum.",
  },
  bytesOfProvider: {
    name: "bin-bytes-per-provider",
    of: "provider and process",
    max: 64 * mebibyte,
    perSecond: mebibyte,
    note: "For all bins of a provider. Beyond it 429, before the body is read.",
  },
  bytesOfNetwork: {
    name: "bin-bytes-per-network",
    of: "network and process",
    max: 32 * mebibyte,
    perSecond: mebibyte,
    note: "For all bins, per sending network. Beyond it 429, before the body is read.",
  },
  bytesInFlight: {
    name: "bin-bytes-in-flight",
    of: "process",
    max: 32 * mebibyte,
    note: "Bodies that are being received. Beyond it 503 (`bins-busy`), before the body is read.",
  },
  bytesInFlightOfNetwork: {
    name: "bin-bytes-in-flight-per-network",
    of: "network and process",
    max: 16 * mebibyte,
    note: "The same for a sending network, so that slow bodies of one sender leave room for others. Beyond it 503 (`bins-busy`), before the body is read.",
  },
  // Those for one bin wait for its row. A thousand connections of one sender kept every other request waiting for nine seconds.
  storing: {
    name: "concurrent-bin-requests",
    of: "process",
    max: 3,
    note: "Requests that are being stored. The others wait; providers take turns, and so do the networks that send to one. Leaves connections to the database for everything else.",
  },
  waiting: {
    name: "waiting-bin-requests",
    of: "process",
    max: 1000,
    note: "Requests that wait. Beyond it 503 (`bins-busy`) for the newest of the provider and network that have most.",
  },
  answerDelaySeconds: {
    name: "bin-answer-delay-seconds",
    of: "bin",
    max: 120,
    note: "A bin can delay its response. A longer delay is refused with 422.",
  },
  answerRules: { name: "answer-rules-per-bin", of: "bin", max: 20, note: "Rules for its responses. Beyond it 422." },
  answerRulesCharacters: {
    name: "answer-rules-characters",
    of: "bin",
    max: 32 * 1024,
    note: "All rules as JSON, with the bodies of their responses. More is refused with 422.",
  },
  shares: { name: "share-links-per-bin", of: "bin", max: 20, note: "Until one expires or is revoked. Beyond it 422." },
  shareHours: { name: "share-link-hours", of: "share link", max: 30 * 24, note: "Until it expires. Beyond it 422." },
  signatureSecrets: {
    name: "signature-secrets-per-bin",
    of: "request",
    max: 100,
    note: "Secrets of endpoints that point to the bin, with which a signature is checked. With more, one that none of these made counts as not checked.",
  },
  forwards: {
    name: "concurrent-forwards",
    of: "process",
    max: 10,
    note: "Requests that bins forward at the same time, two of each bin. The others wait. On demand, a provider has at most half of them; beyond it 429.",
  },
  forwardSeconds: {
    name: "forward-seconds",
    of: "forwarded request",
    max: 15,
    note: "Until the whole response has arrived. A request is forwarded once, without retries.",
  },
  shownBodyBytes: {
    name: "shown-body-bytes",
    of: "request",
    max: 64 * 1024,
    note: "The page, its stream and the list show the first part of a longer body, and a search reads that part; all of it can be downloaded.",
  },
  pageBytes: {
    name: "bytes-per-page-of-requests",
    of: "page",
    max: mebibyte,
    note: "A page has fewer requests if they are large, and links to the next page.",
  },
} as const;

/** Event streams of the API and of the pages of request bins. */
export const streamLimits = {
  streams: {
    name: "streams-per-provider",
    of: "provider and process",
    max: 100,
    note: "For the API, and the same number for pages of request bins. Beyond it 429 (`too-many-streams`).",
  },
  downloads: {
    name: "downloads-per-provider",
    of: "provider and process",
    max: 50,
    note: "Exports, and lists of the Account Management API of more than 4 MiB. Beyond it 429 (`too-many-streams`).",
  },
  slowReaderSeconds: {
    name: "slow-reader-seconds",
    of: "stream",
    max: 10,
    note: "A client that reads nothing for this long is disconnected. It can resume from the last id it received.",
  },
  waitingCharacters: {
    name: "waiting-characters-per-stream",
    of: "stream of the API",
    max: 4 * mebibyte,
    note: "Messages queued for a slow client. Beyond it the client is disconnected, and can resume from the last id it received.",
  },
} as const;
