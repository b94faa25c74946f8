import type { ProviderUrls } from "./provider-urls.ts";

/** The bin of the try-out, and the provider whose default endpoint leads to it. */
export interface TryOut {
  readonly providerId: number;
  readonly binId: string;
}

/** Where a bin of the provider catches: at a host of the provider's own, since no other is answered. */
export const binUrl = (urls: ProviderUrls, provider: { readonly subdomain: string }, binId: string): string =>
  `${urls.adminPortal(provider)}/bins/${binId}`;

/** Where the steps of a provider's try-out lead. */
export const tryOutLinks = (urls: ProviderUrls, provider: { readonly subdomain: string }, binId: string) => ({
  binViewUrl: `${binUrl(urls, provider, binId)}/view`,
  adminUrl: `${urls.adminPortal(provider)}/p/admin`,
});
