import type { Bin } from "#request-bin/index.ts";
import type { ProviderUrls } from "./provider-urls.ts";

/** The bin of the try-out, and the provider whose default endpoint leads to it. */
export interface TryOut {
  readonly providerId: number;
}

type Addressed = { readonly subdomain: string };

/** Where a bin of the provider catches: at a host of the provider's own, since no other is answered. */
export const binUrl = (urls: ProviderUrls, provider: Addressed, { id }: Pick<Bin, "id">): string =>
  `${urls.adminPortal(provider)}/bins/${id}`;

/** Where a bin shows what it caught. For the operator and signed-in admins alone: the link is the right to view. */
export const binViewUrl = (urls: ProviderUrls, provider: Addressed, bin: Pick<Bin, "id" | "viewKey">): string =>
  `${binUrl(urls, provider, bin)}/view?key=${bin.viewKey}`;

/** Where the steps of a provider's try-out lead. Visitors see these links, so none of them opens a bin. */
export const tryOutLinks = (urls: ProviderUrls, provider: Addressed) => ({
  binsUrl: `${urls.adminPortal(provider)}/p/admin/bins`,
  adminUrl: `${urls.adminPortal(provider)}/p/admin`,
});
