import type { Pool } from "#platform/database/database.ts";
import { catchRequest, type RequestToCatch } from "./catch-request.ts";

const binPath = /^\/bins\/([a-z2-7]{26})$/;

export interface OwnBinsNeeds {
  readonly pool: Pool;
  /** Whether the URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

/** Bins of this installation, for a sender that hands them their requests without going over the network. */
export const createOwnBins = ({ pool, isOurs }: OwnBinsNeeds) => ({
  matches: (url: URL): string | undefined => (isOurs(url) ? binPath.exec(url.pathname)?.[1] : undefined),
  deliver: (binId: string, request: RequestToCatch) => catchRequest(pool, { binId }, request),
});
