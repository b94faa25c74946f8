import type { Provider } from "#portal/providers/index.ts";

interface Portals {
  /** Returns the public base URL of a provider's Developer Portal, without a trailing slash. */
  readonly developerPortalUrl: (provider: Provider) => string;
}

/** Returns the URL of a mailed link. The code proves that the mail was received. */
type UrlOf = (code: string) => string;

export const invitationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/signup/${code}`;

export const activationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/activate/${code}`;

export const logInUrl = ({ developerPortalUrl }: Portals, provider: Provider): string =>
  `${developerPortalUrl(provider)}/login`;
