import type { Provider } from "#portal/providers/index.ts";
import type { Portal } from "../show-page.ts";

/** Where the link in an invitation's mail leads. */
export const invitationUrl =
  ({ developerPortalUrl }: Portal, provider: Provider): ((code: string) => string) =>
  (code) =>
    `${developerPortalUrl(provider)}/signup/${code}`;
