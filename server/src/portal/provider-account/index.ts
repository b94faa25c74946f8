export { isTokenName, issueAccessToken } from "./access-tokens.ts";
export {
  isSsoEnforced,
  parseProviderSettings,
  type ProviderDetails,
  type ProviderSettings,
  providerToJson,
  readContactAddresses,
  readProviderSettings,
  representProvider,
  settingsFields,
  settingsToJson,
  updateProviderSettings,
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
  signsInWithPassword,
  suspendProviderUser,
  unsuspendProviderUser,
  updateProviderUser,
} from "./provider-users.ts";
export { type NewProvider, setUpFirstProvider, setUpProvider } from "./set-up-provider.ts";
