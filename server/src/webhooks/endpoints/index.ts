export {
  type EndpointNeeds,
  cancelDueOfDeletedEndpoints,
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  restoreEndpoint,
  rotateSecret,
  updateEndpoint,
} from "./change-endpoint.ts";
export { type TargetRules, checkEndpointUrl, isReservedHeader, maskUrl } from "./check-endpoint.ts";
export { saveDefaultEndpoint, switchesOf } from "./default-webhook.ts";
export {
  type DeliverySettings,
  type EndpointSecret,
  type UndecryptableEndpoint,
  readDeliverySettings,
  readSigningSecrets,
} from "./delivery-settings.ts";
export {
  isDeletedEndpoint,
  listEndpoints,
  readDefaultEndpoint,
  readEndpoint,
  reencryptEndpoints,
} from "./endpoint-table.ts";
export { type SentSettings, deleteOldSentSettings, readSentSettings, reencryptSentSettings } from "./sent-settings.ts";
export {
  type Endpoint,
  type EndpointInput,
  exampleSettings,
  inputByColumn,
  settingSchemas,
  settingsByColumn,
  defaultEndpointName,
} from "./settings.ts";
