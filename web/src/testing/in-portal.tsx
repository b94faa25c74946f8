import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { onTestFinished } from "vitest";
import { ApiContext, createApiClient } from "../api/bellwire-client.ts";
import { ManagementContext, createManagementClient } from "../api/management-client.ts";
import { type Session, SessionContext } from "../api/session.tsx";
import { HasInputContext, watchInput } from "../components/form/unsaved-input.ts";
import { ToastProvider } from "../components/toast-provider.tsx";
import { exampleSession } from "./examples.ts";

/** Tests replace `fetch` later. */
const send = (request: Request): Promise<Response> => fetch(request);

export interface InPortalProps {
  readonly queries: QueryClient;
  readonly session?: Partial<Session> | undefined;
  readonly children: ReactNode;
}

/** Provides the context of every page of the Admin Portal. */
export function InPortal({ queries, session, children }: InPortalProps) {
  const [hasInput] = useState(() => watchInput(document));
  return (
    <SessionContext value={{ ...exampleSession, ...session }}>
      <ApiContext value={createApiClient(send)}>
        <ManagementContext value={createManagementClient(send)}>
          <QueryClientProvider client={queries}>
            <ToastProvider>
              <HasInputContext value={hasInput}>{children}</HasInputContext>
            </ToastProvider>
          </QueryClientProvider>
        </ManagementContext>
      </ApiContext>
    </SessionContext>
  );
}

/**
 * Renders an element into the document in place of the previous one. Unmounts it after the test, with its menus and
 * dialogs, since React would otherwise continue without a document.
 */
export function mount(element: ReactNode): HTMLElement {
  leave();
  const place = document.body.appendChild(document.createElement("div"));
  const root = createRoot(place);
  leave = () => {
    root.unmount();
    place.remove();
    leave = stay;
  };
  onTestFinished(async () => {
    leave();
    await new Promise((resolve) => setTimeout(resolve)); // React's own last task
  });
  flushSync(() => root.render(element));
  return place;
}

const stay = (): void => undefined;
let leave = stay;
