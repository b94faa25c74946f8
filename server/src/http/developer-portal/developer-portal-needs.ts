import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

/** Where the three steps of the try-out lead, besides the sign-up. */
export interface TryOutLinks {
  /** A page that asks for a sign-in: visitors must not see what others did. */
  readonly binsUrl: string;
  readonly adminUrl: string;
}

export interface DeveloperPortalNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** How the outside reaches a provider's two sides, without a slash at the end. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly cookieSecret: Buffer;
  /** Whether browsers may send our cookies over https alone. */
  readonly secureCookies: boolean;
  /** Whether a mail server is configured: the default for proving one's address before anything else. */
  readonly mailIsSent: boolean;
  /** Asked at each page, as the bin is made while we start. */
  readonly tryOut?: (provider: Provider) => TryOutLinks | undefined;
}
