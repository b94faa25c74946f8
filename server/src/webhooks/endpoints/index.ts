export {
  cancelDueOfDeletedEndpoints,
  createEndpoint,
  deleteEndpoint,
  deleteForgottenEndpoints,
  disableEndpoint,
  type EndpointNeeds,
  restoreEndpoint,
  rotateSecret,
  saveDefaultEndpoint,
  switchesOf,
  updateEndpoint,
} from "./change-endpoint.ts";
export {
  checkEndpointUrl,
  isReservedHeader,
  maskEndpointUrl,
  maskUrl,
  type RepeatedSecret,
  type TargetRules,
  urlSecrets,
} from "./check-endpoint.ts";
export {
  deleteOldSentSettings,
  type DeliverySettings,
  eraseDeletedEndpoint,
  readDeliverySettings,
  readSentSettings,
  readSigningSecrets,
  reencryptSentSettings,
  type SentSettings,
  type SigningSecret,
  type UndecryptableEndpoint,
} from "./delivery-settings.ts";
export {
  isDeletedEndpoint,
  readEndpointKeys,
  listEndpoints,
  readDefaultEndpoint,
  readEndpoint,
  reencryptEndpoints,
} from "./endpoint-table.ts";
export { defaultEndpointName, type Endpoint, type EndpointInput, exampleSettings, settingSchemas } from "./settings.ts";
