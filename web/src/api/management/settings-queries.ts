import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type Settings = ManagementSchemas["Settings"];

export const settingsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["settings"],
    queryFn: async () => (await api.read<{ settings: Settings }>("settings")).settings,
  });
