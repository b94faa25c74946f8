import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { User } from "./accounts.ts";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";
import type { accessTokenScopes, permissionSections } from "./facts.ts";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Section = (typeof permissionSections)[number];

/** Lists the provider's own users. */
export const teamQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["team"],
    queryFn: async () => (await api.read<{ users: { user: User }[] }>("users")).users.map(({ user }) => user),
  });

/** Reads one of the provider's users. Members may read only themselves. */
export const colleagueQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["team", id],
    queryFn: async () => (await api.read<{ user: User }>(`users/${id}`)).user,
  });

/** In `allowed_service_ids`, null means all products. */
export type Permissions = Pick<ManagementSchemas["Permissions"], "allowed_sections" | "allowed_service_ids">;

export const permissionsQuery = (api: ManagementClient, userId: number) =>
  queryOptions({
    queryKey: ["team", userId, "permissions"],
    queryFn: async () => (await api.read<{ permissions: Permissions }>(`users/${userId}/permissions`)).permissions,
  });

export type Scope = (typeof accessTokenScopes)[number];

export type AccessToken = ManagementSchemas["AccessToken"];

/** Includes the value, which no later response contains. */
export type NewAccessToken = ManagementSchemas["IssuedAccessToken"];

/** Lists the access tokens of the signed-in user. */
export const accessTokensQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["access tokens"],
    queryFn: async () => {
      const path = "personal/access_tokens";
      const { access_tokens } = await api.read<{ access_tokens: { access_token: AccessToken }[] }>(path);
      return access_tokens.map((entry) => entry.access_token);
    },
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
  const parameters = Object.entries({ format: "csv", ...parametersOf(filter) });
  const pairs = parameters.flatMap(([name, values]) => [values].flat().map((each) => [name, each]));
  return `/api/v1/audit_records/export?${new URLSearchParams(pairs).toString()}`;
}

export const auditRecordsQuery = (api: ApiClient, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit-records", filter],
    queryFn: ({ pageParam: after }: { pageParam: string | undefined }) => {
      const query = { limit: 50, ...parametersOf(filter), ...(after && { after }) };
      return responseBody(api.GET("/api/v1/audit_records", { params: { query } }));
    },
    staleTime: 0, // nearly every change of an admin adds a record
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
