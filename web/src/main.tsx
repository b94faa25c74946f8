import "@patternfly/react-core/dist/styles/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiContext, createApiClient, createQueryClient } from "./api/bellwire-client.ts";
import { LiveProvider } from "./api/live-updates.tsx";
import { ManagementContext, createManagementClient } from "./api/management-client.ts";
import { createSessionFetch } from "./api/session-fetch.ts";
import { SessionProvider, holdSession, readSession, signInPath } from "./api/session.tsx";
import { HasInputContext, watchInput } from "./components/form/unsaved-input.ts";
import { ToastProvider } from "./components/toast-provider.tsx";
import "./layout/fonts.css";
import "./layout/app.css";
import { SessionEndNotice, createSessionEnd } from "./layout/session-end.tsx";
import { startTheme } from "./layout/theme.tsx";
import { createAppRouter } from "./router.tsx";

const session = holdSession(readSession(document));
const hasInput = watchInput(document);
const sessionEnd = createSessionEnd(hasInput, () => location.assign(signInPath(location)));
const send = createSessionFetch({ session, onEnd: sessionEnd.report });
const api = createApiClient(send);
const management = createManagementClient(send);
const queries = createQueryClient();

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

startTheme();
createRoot(root).render(
  <StrictMode>
    <SessionProvider present={session}>
      <ApiContext value={api}>
        <ManagementContext value={management}>
          <QueryClientProvider client={queries}>
            <ToastProvider>
              <LiveProvider>
                <HasInputContext value={hasInput}>
                  <RouterProvider router={createAppRouter()} />
                </HasInputContext>
                <SessionEndNotice sessionEnd={sessionEnd} />
              </LiveProvider>
            </ToastProvider>
          </QueryClientProvider>
        </ManagementContext>
      </ApiContext>
    </SessionProvider>
  </StrictMode>,
);
