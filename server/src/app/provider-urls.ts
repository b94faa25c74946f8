/** How the outside reaches a provider's two sides, without a slash at the end. */
export interface ProviderUrls {
  readonly publicUrl: string;
  /** Where mails come from while a provider names no address of its own. */
  readonly noReplyAddress: string;
  readonly developerPortal: (provider: { readonly subdomain: string }) => string;
  readonly adminPortal: (provider: { readonly subdomain: string }) => string;
  /** Whether a URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

/**
 * With a base domain, `{subdomain}.BASE` and `{subdomain}-admin.BASE` at the scheme and port of the public URL; without,
 * everything is at the public URL.
 */
export function providerUrls(publicUrl: string, baseDomain: string | undefined): ProviderUrls {
  const { protocol, port, host, hostname } = new URL(publicUrl);
  const portSuffix = port === "" ? "" : `:${port}`;
  const at = (name: string): string => `${protocol}//${name}.${baseDomain}${portSuffix}`;
  return {
    publicUrl,
    noReplyAddress: `no-reply@${hostname}`,
    developerPortal: ({ subdomain }) => (baseDomain === undefined ? publicUrl : at(subdomain)),
    adminPortal: ({ subdomain }) => (baseDomain === undefined ? publicUrl : at(`${subdomain}-admin`)),
    isOurs: (url) =>
      url.host === host || (baseDomain !== undefined && url.port === port && url.hostname.endsWith(`.${baseDomain}`)),
  };
}
