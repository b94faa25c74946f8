import type { Provider } from "#portal/providers/index.ts";

/** The provider as those know it who are not signed in: what they change is told in UTC, as 3scale does. */
export const toVisitors = (provider: Provider): Provider => ({ ...provider, timeZone: "UTC" });
