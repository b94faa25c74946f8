export { findProviderByHost } from "./find-provider-by-host.ts";
export { findProviderByKey } from "./find-provider-by-key.ts";
export { createFindTenant, type Side } from "./find-tenant-by-host.ts";
export type { Provider } from "./provider.ts";
export { insertProvider, readFirstProvider } from "./providers-table.ts";
export { readProviderWithToken, type ProviderWithToken } from "./read-provider-with-token.ts";
export { isTimeZone, writeTimestamp } from "./write-timestamp.ts";
