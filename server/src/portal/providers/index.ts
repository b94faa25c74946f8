export {
  createFindTenant,
  findProviderByKey,
  type HostTenant,
  insertProvider,
  isTimeZone,
  type Provider,
  type ProviderWithToken,
  readFirstProvider,
  readProvider,
  readProviderWithToken,
  type Side,
  writeTimestamp,
} from "./provider.ts";
