import "@patternfly/react-core/dist/styles/base.css";
import "./layout/app.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createApiClient } from "./api/api-client.ts";
import { ApiContext } from "./api/api-context.ts";
import { createQueryClient } from "./api/create-query-client.ts";
import { createManagementClient } from "./api/management/management-client.ts";
import { ManagementContext } from "./api/management/management-context.ts";
import { LiveProvider } from "./api/live-provider.tsx";
import { readSession } from "./api/session.ts";
import { SessionProvider } from "./api/session-provider.tsx";
import { signInPath } from "./api/sign-in-path.ts";
import { createAppRouter } from "./router.tsx";
import { startTheme } from "./theme/theme.ts";
import { ToastProvider } from "./toasts/toast-provider.tsx";

const session = readSession(document);
const toSignIn = () => location.assign(signInPath(location));
const api = createApiClient({ csrfToken: session.csrfToken, toSignIn });
const management = createManagementClient({ csrfToken: session.csrfToken, toSignIn });
const queries = createQueryClient();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

startTheme();
createRoot(root).render(
  <StrictMode>
    <SessionProvider first={session}>
      <ApiContext value={api}>
        <ManagementContext value={management}>
          <QueryClientProvider client={queries}>
            <ToastProvider>
              <LiveProvider>
                <RouterProvider router={createAppRouter()} />
              </LiveProvider>
            </ToastProvider>
          </QueryClientProvider>
        </ManagementContext>
      </ApiContext>
    </SessionProvider>
  </StrictMode>,
);
