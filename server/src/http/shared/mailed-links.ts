import type { Provider } from "#portal/providers/index.ts";

interface Portals {
  /** How the outside reaches a provider's Developer Portal, without a slash at the end. */
  readonly developerPortalUrl: (provider: Provider) => string;
}

/** Where the link in a mail leads; the code at its end proves who was written to. */
type UrlOf = (code: string) => string;

export const invitationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/signup/${code}`;

export const activationUrl =
  ({ developerPortalUrl }: Portals, provider: Provider): UrlOf =>
  (code) =>
    `${developerPortalUrl(provider)}/activate/${code}`;
