import { createContext, use } from "react";

import type { ManagementClient } from "./management-client.ts";

export const ManagementContext = createContext<ManagementClient | undefined>(undefined);

export function useManagement(): ManagementClient {
  const client = use(ManagementContext);
  if (!client) throw new Error("There is no Account Management API around this component.");
  return client;
}
