import type { Config } from "#platform/config/read-config.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Bin } from "#request-bin/index.ts";
import type { FirstCredentials } from "./first-set-up.ts";
import type { ProviderUrls } from "./provider-urls.ts";
import { binViewUrl } from "./try-out.ts";

interface SignIn {
  readonly config: Pick<Config, "adminPassword" | "accessToken" | "providerKey">;
  readonly provider: Provider;
  readonly credentials: FirstCredentials;
  readonly urls: ProviderUrls;
  readonly bin: Pick<Bin, "id" | "viewKey"> | undefined;
}

/** What to do first, in order. A secret that the operator chose is not repeated to him. */
export function signInLines({ config, provider, credentials, urls, bin }: SignIn): string {
  const { username, password, accessToken, providerKey } = credentials;
  const steps = [
    ...(bin === undefined ? [] : [["Watch", binViewUrl(urls, provider, bin)]]),
    ["Sign up", `${urls.developerPortal(provider)}/signup`],
    [
      "Admin",
      `${urls.adminPortal(provider)}/p/admin  (${username} / ${config.adminPassword ? "the password that you set" : password})`,
    ],
  ];
  const secrets = [
    ...(config.accessToken ? [] : [["access token", accessToken]]),
    ...(config.providerKey ? [] : [["provider key", providerKey]]),
  ];
  const lines = [
    ...steps.map(([name = "", value], index) => `  ${index + 1} ${name.padEnd(8)} ${value}`),
    ...secrets.map(([name = "", value]) => `    ${name.padEnd(13)} ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
