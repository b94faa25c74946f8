import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";

export interface AdminPortalNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** How the outside reaches a provider's two sides, without a slash at the end. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  readonly cookieSecret: Buffer;
  /** Whether browsers may send our cookies over https alone. */
  readonly secureCookies: boolean;
  /** What `web` built: an index.html, and what it names. May appear while we run. */
  readonly webFolder: string;
  /** Asked at each page, as the bin is made while we start. */
  readonly tryOut?: (provider: Provider) => object | undefined;
}
