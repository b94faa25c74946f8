import { once } from "node:events";
import { createServer } from "node:net";
import { CannotStart, errorCode, errorMessage } from "#platform/errors.ts";

/**
 * Returns the port to listen on, a free one for 0. Refuses a port in use immediately, before a database is created for nothing.
 */
export async function claimPort(host: string, port: number, setting = "PORT"): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address ? address.port : port;
  } catch (error) {
    throw listenError(error, { host, port, setting });
  } finally {
    server.close();
  }
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** The setting that configures the port. */
  readonly setting?: string;
}

export function listenError(error: unknown, { host, port, setting = "PORT" }: Listening): CannotStart {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `is taken by another program. End it, or set ${setting} to another one`,
    EACCES: `may not be used by this user. Set ${setting} to one above 1023`,
    EADDRNOTAVAIL: "cannot be listened on: this machine has no such address (HOST)",
    ENOTFOUND: "cannot be listened on: there is no such host (HOST)",
  };
  return new CannotStart(
    `Port ${port} on ${host} ${reasons[errorCode(error) ?? ""] ?? `cannot be listened on: ${errorMessage(error)}`}.`,
  );
}

const everyInterface = new Set(["0.0.0.0", "::", "127.0.0.1", "::1"]);

/** Returns the URL of the server for a browser on this machine. */
export function localUrl(host: string, port: number): string {
  const name = everyInterface.has(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** How the outside reaches a provider's two sides, without a slash at the end. */
export interface ProviderUrls {
  readonly publicUrl: string;
  /** Where mails come from while a provider names no address of its own. */
  readonly noReplyAddress: string;
  readonly developerPortal: (provider: { readonly subdomain: string }) => string;
  readonly adminPortal: (provider: { readonly subdomain: string }) => string;
  /** Returns whether a URL leads to this installation. */
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
