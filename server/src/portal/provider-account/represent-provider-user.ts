import type { ProviderUser } from "#access/index.ts";
import { record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

/** One of the provider's own users as documents have it. */
export function representProviderUser(user: ProviderUser, provider: Provider): Node {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return record("user", [
    value("id", user.id),
    value("created_at", time(user.createdAt)),
    value("updated_at", time(user.updatedAt)),
    value("account_id", provider.id),
    value("state", user.state),
    value("role", user.role),
    value("username", user.username),
    ...(user.email === null ? [] : [value("email", user.email)]),
    record("extra_fields", []),
  ]);
}

export function providerUserToJson(user: ProviderUser, provider: Provider, adminUrl: string): Json {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  return {
    user: {
      id: user.id,
      state: user.state,
      role: user.role,
      created_at: time(user.createdAt),
      updated_at: time(user.updatedAt),
      links: [{ rel: "self", href: `${adminUrl}/admin/api/users/${user.id}` }],
      username: user.username,
      ...(user.email === null ? {} : { email: user.email }),
    },
  };
}
