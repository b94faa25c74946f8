import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient } from "./management-client.ts";

export const fieldTargets = ["Account", "User", "Cinstance"] as const;
export type FieldTarget = (typeof fieldTargets)[number];

export interface FieldsDefinition {
  readonly id: number;
  readonly target: FieldTarget;
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  readonly hidden: boolean;
  readonly read_only: boolean;
  readonly choices?: readonly string[];
  readonly position: number;
}

export const fieldsDefinitionsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["fields definitions"],
    queryFn: async () => {
      const { fields_definitions } = await api.read<{ fields_definitions: { fields_definition: FieldsDefinition }[] }>(
        "fields_definitions",
      );
      return fields_definitions.map((it) => it.fields_definition);
    },
  });
