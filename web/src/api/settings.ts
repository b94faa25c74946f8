import { queryOptions } from "@tanstack/react-query";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Settings = ManagementSchemas["Settings"];

export const readSettings = (api: ManagementClient): Promise<Settings> => api.readObject<Settings>("settings");

export const settingsQuery = (api: ManagementClient) =>
  queryOptions({ queryKey: ["settings"], queryFn: () => readSettings(api) });

export const fieldTargets = ["Account", "User", "Cinstance"] as const;
export type FieldTarget = (typeof fieldTargets)[number];

export type FieldsDefinition = ManagementSchemas["FieldsDefinition"];

export const fieldsDefinitionsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["fields definitions"],
    queryFn: async () => (await api.readList<FieldsDefinition>("fields_definitions")).objects,
  });

/** The users of one portal: developers, or the provider's team. */
export type SignInPortal = AuthenticationProvider["account_type"];

/** An identity provider that users of a portal sign in with. */
export type AuthenticationProvider = ManagementSchemas["AuthenticationProvider"];

export const authenticationProvidersPaths = {
  developer: "authentication_providers",
  provider: "account/authentication_providers",
} as const satisfies Record<SignInPortal, string>;

export const authenticationProvidersQuery = (api: ManagementClient, portal: SignInPortal) =>
  queryOptions({
    queryKey: ["authentication providers", portal],
    queryFn: async () => (await api.readList<AuthenticationProvider>(authenticationProvidersPaths[portal])).objects,
  });

/** The kinds that the page offers. Any other name than the first three is a plain OAuth 2 server. */
export const authenticationProviderKinds = {
  developer: ["keycloak", "auth0", "github", "oauth2"],
  provider: ["keycloak", "auth0"],
} as const satisfies Record<SignInPortal, readonly string[]>;

export type AuthenticationProviderKind = (typeof authenticationProviderKinds)[SignInPortal][number];
