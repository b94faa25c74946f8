import { list, record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Application, ApplicationKey } from "../application.ts";

/** The keys of an application as the API's XML has them. */
export const representKeys = (keys: readonly ApplicationKey[], { timeZone }: Provider): Node =>
  list(
    "keys",
    keys.map((key) =>
      record("key", [
        value("value", key.value),
        value("updated_at", spaced(key.updatedAt, timeZone)),
        value("created_at", spaced(key.createdAt, timeZone)),
      ]),
    ),
    "open",
  );

/** Here alone programs are used to `2026-03-01 09:00:00 UTC`. */
const spaced = (at: Date, timeZone: string): string =>
  writeTimestamp(at, timeZone)
    .replace("T", " ")
    .replace(/Z$/, " UTC")
    .replace(/([+-]\d\d):(\d\d)$/, " $1$2");

/** The same as JSON. `adminUrl` is the origin that the API is reached at. */
export const keysToJson = ({ id, accountId, keys }: Application, { timeZone }: Provider, adminUrl: string): Json => ({
  keys: keys.map((key) => ({
    key: {
      value: key.value,
      created_at: writeTimestamp(key.createdAt, timeZone),
      updated_at: writeTimestamp(key.updatedAt, timeZone),
      links: [{ rel: "application", href: `${adminUrl}/admin/api/accounts/${accountId}/applications/${id}` }],
    },
  })),
});
