import { queryOptions } from "@tanstack/react-query";

import type { components } from "../account-management-api.d.ts";
import type { ManagementClient } from "./management-client.ts";

export type Settings = components["schemas"]["Settings"];

export const settingsQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["settings"],
    queryFn: async () => (await api.read<{ settings: Settings }>("settings")).settings,
  });
