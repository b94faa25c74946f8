import type { StoredToken } from "#access/index.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

/** An access token as its owner sees it. Its value is told once, when it is made. */
export const accessTokenToJson = (token: StoredToken, { timeZone }: Provider, value?: string): Json => ({
  access_token: {
    id: token.id,
    name: token.name,
    scopes: [...token.scopes],
    permission: token.permission,
    ...(token.expiresAt ? { expires_at: writeTimestamp(token.expiresAt, timeZone) } : {}),
    ...(value === undefined ? {} : { value }),
  },
});
