export { findProviderByHost, type Side } from "./find-provider-by-host.ts";
export { findProviderByKey } from "./find-provider-by-key.ts";
export type { Provider } from "./provider.ts";
export { insertProvider, readFirstProvider } from "./providers-table.ts";
export { isTimeZone, writeTimestamp } from "./write-timestamp.ts";
