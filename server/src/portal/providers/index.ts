export { createFindTenant, findProviderByHost, type Side } from "./find-tenant.ts";
export {
  findProviderByKey,
  insertProvider,
  type Provider,
  type ProviderWithToken,
  readFirstProvider,
  readProviderWithToken,
} from "./provider.ts";
export { isTimeZone, writeTimestamp } from "./write-timestamp.ts";
