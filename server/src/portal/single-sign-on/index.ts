export {
  type AccountType,
  type AuthenticationProvider,
  authenticationProviderFields,
  authenticationProviderToJson,
  type PortalUrls,
  representAuthenticationProvider,
} from "./authentication-provider.ts";
export {
  createAuthenticationProvider,
  deleteAuthenticationProvider,
  listAuthenticationProviders,
  readAuthenticationProvider,
  reencryptAuthenticationProviders,
  updateAuthenticationProvider,
} from "./change-authentication-provider.ts";
