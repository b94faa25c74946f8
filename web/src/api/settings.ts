import { queryOptions } from "@tanstack/react-query";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Settings = ManagementSchemas["Settings"];

export const readSettings = async (api: ManagementClient): Promise<Settings> =>
  (await api.read<{ settings: Settings }>("settings")).settings;

export const settingsQuery = (api: ManagementClient) =>
  queryOptions({ queryKey: ["settings"], queryFn: () => readSettings(api) });

export const fieldTargets = ["Account", "User", "Cinstance"] as const;
export type FieldTarget = (typeof fieldTargets)[number];

export type FieldsDefinition = ManagementSchemas["FieldsDefinition"];

export const fieldsDefinitionsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["fields definitions"],
    queryFn: async () => {
      const { fields_definitions } = await api.read<{ fields_definitions: { fields_definition: FieldsDefinition }[] }>(
        "fields_definitions",
      );
      return fields_definitions.map((entry) => entry.fields_definition);
    },
  });
