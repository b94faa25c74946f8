import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { expect, test } from "vitest";

import { createApiClient } from "../api/api-client.ts";
import { ApiContext } from "../api/api-context.ts";
import { SessionContext } from "../api/session-context.ts";
import { exampleSession } from "../testing/example-session.ts";
import { mount } from "../testing/mount.ts";
import { waitFor } from "../testing/wait-for.ts";
import { AppNavigation } from "./app-navigation.tsx";

const everyPlace =
  "accounts applications mails products account-plans fields-definitions deliveries failures events bins settings team access-tokens audit-log webhooks endpoints";

/** What the navigation offers to somebody to whom these places are open: its groups and its links. */
async function offeredTo(open: string): Promise<readonly string[]> {
  const session = {
    ...exampleSession,
    places: new Map(everyPlace.split(" ").map((place) => [place, open.split(" ").includes(place)])),
  };
  const routeTree = createRootRoute({ component: () => <AppNavigation onGo={() => undefined} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  const page = mount(
    <SessionContext value={session}>
      <ApiContext value={createApiClient({ csrfToken: "", toSignIn: () => undefined })}>
        <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ApiContext>
    </SessionContext>,
  );
  await waitFor(() => expect(page.textContent).toContain("Start"));
  return [...page.querySelectorAll(".pf-v6-c-nav__section-title, a")].map((it) => it.textContent.trim());
}

test.each([
  [
    "partners",
    "accounts applications products access-tokens",
    "Start Developers Accounts Applications Products Products Account Settings Access tokens",
  ],
  ["no section", "access-tokens", "Start Account Settings Access tokens"],
])("a member with %s is offered what is open, in groups that hold something", async (_section, open, offered) => {
  expect((await offeredTo(open)).join(" ")).toBe(offered);
});

test("an admin is offered every place", async () => {
  expect(await offeredTo(everyPlace)).toHaveLength(1 + 4 + everyPlace.split(" ").length);
});
