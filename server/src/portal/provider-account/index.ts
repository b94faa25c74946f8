export { issueAccessToken } from "./access-tokens.ts";
export {
  type ContactAddresses,
  passwordLengths,
  type PlanPermission,
  planPermissions,
  type ProviderDetails,
  type ProviderSettings,
  providerToJson,
  readContactAddresses,
  readProviderSettings,
  representProvider,
  settingsToJson,
  updateProviderSettings,
  webHooksStates,
} from "./provider-settings.ts";
export {
  activateProviderUser,
  addProviderUser,
  changeProviderUserPermissions,
  changeProviderUserRole,
  deleteProviderUser,
  memberSections,
  type Permissions,
  providerUserToJson,
  representProviderUser,
  suspendProviderUser,
  unsuspendProviderUser,
  updateProviderUser,
} from "./provider-users.ts";
export { type NewProvider, setUpFirstProvider, setUpProvider } from "./set-up-provider.ts";
