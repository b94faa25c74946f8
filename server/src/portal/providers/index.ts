export { createFindTenant, type HostTenant, type Side } from "./find-tenant.ts";
export {
  findProviderByKey,
  insertProvider,
  type Provider,
  type ProviderWithToken,
  readFirstProvider,
  readProvider,
  readProviderWithToken,
} from "./provider.ts";
export { isTimeZone, writeTimestamp } from "./write-timestamp.ts";
