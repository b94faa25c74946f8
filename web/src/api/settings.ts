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
