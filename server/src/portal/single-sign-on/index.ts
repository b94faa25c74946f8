export {
  type AccountType,
  type AuthenticationProvider,
  authenticationProviderFields,
  authenticationProviderToJson,
  callbackUrl,
  type PortalUrls,
  representAuthenticationProvider,
} from "./authentication-provider.ts";
export {
  createAuthenticationProvider,
  deleteAuthenticationProvider,
  findPublishedProvider,
  listAuthenticationProviders,
  listPublishedProviders,
  readAuthenticationProvider,
  reencryptAuthenticationProviders,
  updateAuthenticationProvider,
} from "./change-authentication-provider.ts";
export {
  findLinkedUser,
  findTeamMember,
  findUserOfAddress,
  linkByAddress,
  linkIdentity,
  linkTeamMember,
  type ListedIdentity,
  listIdentities,
  readSignInTest,
  unlinkClaimants,
  unlinkIdentity,
  unlinkTeamMember,
  useIdentity,
} from "./identities.ts";
export {
  beginLogIn,
  completeLogIn,
  type Identity,
  IdentityProviderUnreachable,
  LogInError,
  type LogInSecrets,
  newLogInSecrets,
} from "./identity-provider.ts";
export {
  createSsoToken,
  readSsoToken,
  redirectUrlLengthMax,
  ssoLogInPath,
  ssoProtocols,
  ssoTokenSeconds,
  useSsoToken,
} from "./sso-tokens.ts";
