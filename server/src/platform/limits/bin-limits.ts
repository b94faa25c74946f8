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
    says: "A longer body is refused with 413. A webhook is a few KiB.",
  },
  keptRequests: {
    name: "kept-requests-per-bin",
    of: "bin",
    max: 500,
    says: "A new request replaces the oldest.",
  },
  keptBytes: {
    name: "kept-bytes-per-bin",
    of: "bin",
    max: 16 * mebibyte,
    says: "Counts 1 KiB more for each request than its texts and body take. A new request replaces the oldest.",
  },
  bytesOfBin: {
    name: "bytes-per-bin",
    of: "bin",
    max: 16 * mebibyte,
    perSecond: 256 * 1024,
    says: "Counted in the database, for all processes. Beyond it 429; nothing is kept. Also bounds the dead rows between two runs of autovacuum.",
  },
  bytesOfProvider: {
    name: "bin-bytes-per-provider",
    of: "provider and process",
    max: 64 * mebibyte,
    perSecond: mebibyte,
    says: "For all bins of a provider. Beyond it 429, before the body is read.",
  },
  bytesOfNetwork: {
    name: "bin-bytes-per-network",
    of: "network and process",
    max: 32 * mebibyte,
    perSecond: mebibyte,
    says: "For all bins that one network sends to. Beyond it 429, before the body is read.",
  },
  bytesInFlight: {
    name: "bin-bytes-in-flight",
    of: "process",
    max: 32 * mebibyte,
    says: "Bodies that are being received. Beyond it 503 (`bins-busy`), before the body is read.",
  },
  answerDelaySeconds: {
    name: "bin-answer-delay-seconds",
    of: "bin",
    max: 120,
    says: "A bin can be told to wait before it answers. A longer wait is refused with 422.",
  },
  shownBodyBytes: {
    name: "shown-body-bytes",
    of: "request",
    max: 64 * 1024,
    says: "The page, its stream and the list show the beginning of a longer body; the whole can be downloaded.",
  },
  pageBytes: {
    name: "bytes-per-page-of-requests",
    of: "page",
    max: mebibyte,
    says: "A page of large requests has fewer of them, and leads to the next page.",
  },
} as const;

/** Event streams of the API and of the pages of request bins. */
export const streamLimits = {
  streams: {
    name: "streams-per-provider",
    of: "provider and process",
    max: 100,
    says: "Of the API, and as many of pages of request bins. Beyond it 429 (`too-many-streams`).",
  },
  slowReaderSeconds: {
    name: "slow-reader-seconds",
    of: "stream",
    max: 10,
    says: "A client that takes nothing for so long is cut off. It resumes at the last id it received.",
  },
  waitingCharacters: {
    name: "waiting-characters-per-stream",
    of: "stream of the API",
    max: 4 * mebibyte,
    says: "Messages that wait for a slow client. Beyond it the client is cut off, and resumes at the last id it received.",
  },
} as const;

/** "16 MiB", "256 KiB": for messages and descriptions. */
export const bytesInWords = (bytes: number): string =>
  bytes % mebibyte === 0 ? `${bytes / mebibyte} MiB` : `${bytes / 1024} KiB`;
