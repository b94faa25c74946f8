import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { createApiClient } from "../api/api-client.ts";
import { ApiContext } from "../api/api-context.ts";
import { createManagementClient } from "../api/management/management-client.ts";
import { ManagementContext } from "../api/management/management-context.ts";
import { SessionContext } from "../api/session-context.ts";
import type { Session } from "../api/session.ts";
import { ToastProvider } from "../toasts/toast-provider.tsx";
import { exampleSession } from "./example-session.ts";

const client = { csrfToken: "t", toSignIn: () => undefined };

export interface InPortalProps {
  readonly queries: QueryClient;
  readonly session?: Partial<Session> | undefined;
  readonly children: ReactNode;
}

/** What stands around every page of the Admin Portal. */
export const InPortal = ({ queries, session, children }: InPortalProps) => (
  <SessionContext value={{ ...exampleSession, ...session }}>
    <ApiContext value={createApiClient(client)}>
      <ManagementContext value={createManagementClient(client)}>
        <QueryClientProvider client={queries}>
          <ToastProvider>{children}</ToastProvider>
        </QueryClientProvider>
      </ManagementContext>
    </ApiContext>
  </SessionContext>
);
