import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { User } from "./accounts.ts";
import { type ApiClient, type BellwireSchemas, pagesQuery, responseBody } from "./bellwire-client.ts";
import type { accessTokenScopes, permissionSections } from "./facts.ts";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Section = (typeof permissionSections)[number];

/** Lists the provider's own users. */
export const teamQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["team"],
    queryFn: async () => (await api.readList<User>("users")).objects,
  });

/** Reads one of the provider's users. Members may read only themselves. */
export const colleagueQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["team", id],
    queryFn: () => api.readObject<User>(`users/${id}`),
  });

/** In `allowed_service_ids`, null means all products. */
export type Permissions = Pick<ManagementSchemas["Permissions"], "allowed_sections" | "allowed_service_ids">;

export const permissionsQuery = (api: ManagementClient, userId: number) =>
  queryOptions({
    queryKey: ["team", userId, "permissions"],
    queryFn: () => api.readObject<Permissions>(`users/${userId}/permissions`),
  });

/** Which notifications the signed-in user gets by email. */
export type NotificationPreferences = ManagementSchemas["NotificationPreferences"];

export const notificationPreferencesQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["notification preferences"],
    queryFn: () => api.readObject<NotificationPreferences>("personal/notification_preferences"),
  });

export type Scope = (typeof accessTokenScopes)[number];

export type AccessToken = ManagementSchemas["AccessToken"];

/** Includes the value, which no later response contains. */
export type NewAccessToken = ManagementSchemas["IssuedAccessToken"];

/** Lists the access tokens of the signed-in user. */
export const accessTokensQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["access tokens"],
    queryFn: async () => (await api.readList<AccessToken>("personal/access_tokens")).objects,
  });

/** A browser in which the user is signed in. */
export type OwnSession = BellwireSchemas["Session"];

export const ownSessionsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["sessions"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/sessions"))).data,
    staleTime: 0, // other browsers change it
  });

export type AuditRecord = BellwireSchemas["AuditRecord"];

/** The filter of the audit log, as the address of the page contains it. Several actors are separated by commas. */
export interface AuditFilter {
  readonly q?: string;
  readonly subject?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly until?: string;
}

/** Returns a filter as parameters of the API. */
const parametersOf = ({ subject, actor, ...filter }: AuditFilter) => ({
  ...filter,
  ...(subject && { subject: [subject] }),
  ...(actor && { actor: actor.split(",") }),
});

/** Returns the path of the matching audit records as a file. */
export function auditExportPath(filter: AuditFilter): string {
  const parameters = Object.entries({ format: "csv", byte_order_mark: "true", ...parametersOf(filter) });
  const pairs = parameters.flatMap(([name, values]) => [values].flat().map((each) => [name, each]));
  return `/api/v1/audit_records/export?${new URLSearchParams(pairs).toString()}`;
}

export const auditRecordsQuery = (api: ApiClient, filter: AuditFilter) =>
  infiniteQueryOptions({
    ...pagesQuery(["audit-records", filter], (page) => {
      const query = { limit: 50, ...parametersOf(filter), ...page };
      return responseBody(api.GET("/api/v1/audit_records", { params: { query } }));
    }),
    staleTime: 0, // nearly every change of an admin adds a record
  });
