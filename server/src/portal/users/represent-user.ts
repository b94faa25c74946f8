import { record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { fieldsToJson, representFields, type DocumentSettings, type FieldValues } from "#portal/fields/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

import type { User } from "./user.ts";

/** A user as XML documents and webhooks have it. */
export function representUser(user: User, { provider, definitions }: DocumentSettings): Node {
  return record("user", [
    value("id", user.id),
    value("created_at", writeTimestamp(user.createdAt, provider.timeZone)),
    value("updated_at", writeTimestamp(user.updatedAt, provider.timeZone)),
    value("account_id", user.accountId),
    value("state", user.state),
    value("role", user.role),
    ...(user.casIdentifier === null ? [] : [value("cas_identifier", user.casIdentifier)]),
    ...(user.openId === null ? [] : [value("open_id", user.openId)]),
    ...representFields(definitions, "User", fieldValuesOf(user)),
  ]);
}

/** A user as the API's JSON has it. `adminUrl` is the origin that the API is reached at. */
export function userToJson(user: User, { provider, definitions }: DocumentSettings, adminUrl: string): Json {
  const account = `${adminUrl}/admin/api/accounts/${user.accountId}`;
  return {
    user: {
      id: user.id,
      state: user.state,
      role: user.role,
      ...(user.casIdentifier === null ? {} : { cas_identifier: user.casIdentifier }),
      ...(user.openId === null ? {} : { open_id: user.openId }),
      created_at: writeTimestamp(user.createdAt, provider.timeZone),
      updated_at: writeTimestamp(user.updatedAt, provider.timeZone),
      links: [
        { rel: "account", href: account },
        { rel: "self", href: `${account}/users/${user.id}` },
      ],
      ...fieldsToJson(definitions, "User", fieldValuesOf(user)),
    },
  };
}

const fieldValuesOf = ({ username, email, fields }: User): FieldValues => ({
  ...fields,
  username,
  ...(email === null ? {} : { email }),
});
