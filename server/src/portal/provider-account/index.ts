export { addProviderUser } from "./add-provider-user.ts";
export { changeProviderSettings } from "./change-provider-settings.ts";
export { deleteProviderUser } from "./delete-provider-user.ts";
export { issueAccessToken } from "./issue-access-token.ts";
export { readContactAddresses, readProviderSettings, type ContactAddresses } from "./provider-settings-table.ts";
export {
  passwordLengths,
  planPermissions,
  webHooksStates,
  type PlanPermission,
  type ProviderSettings,
} from "./provider-settings.ts";
export {
  activateProviderUser,
  changeProviderUserPermissions,
  changeProviderUserRole,
  memberSections,
  suspendProviderUser,
  type Permissions,
  unsuspendProviderUser,
} from "./provider-user-operations.ts";
export { providerToJson, representProvider, settingsToJson, type WholeProvider } from "./represent-provider.ts";
export { providerUserToJson, representProviderUser } from "./represent-provider-user.ts";
export { updateProviderUser } from "./update-provider-user.ts";
