import { QueryClient } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { expect, vi } from "vitest";
import type { Session } from "../api/session.tsx";
import { createAppRouter } from "../router.tsx";
import { InPortal, mount } from "./in-portal.tsx";
import { waitFor } from "./wait-for.ts";

/** A request of the page. */
export interface Asked {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** The responses by `GET /api/v1/failures` and the like. All other requests get 404. */
export type Server = Readonly<Record<string, (asked: Asked) => StubbedResponse | Promise<StubbedResponse>>>;

type StubbedResponse = readonly [status: number, body: unknown];

/** Renders the Admin Portal at an address, with a stubbed server. */
export function showPage(address: string, server: Server, session: Partial<Session> = {}) {
  const asked: (Asked & { readonly request: string })[] = [];
  vi.stubGlobal("fetch", async (first: Request | string, second?: RequestInit) => {
    const request = new Request(first, second);
    const { pathname, searchParams: query } = new URL(request.url);
    const text = await request.text();
    const it = { request: `${request.method} ${pathname}`, query, body: text === "" ? undefined : JSON.parse(text) };
    asked.push(it);
    const [status, body] = (await server[it.request]?.(it)) ?? [404, { title: "Nothing is there.", code: "not-found" }];
    const headers = { "content-type": "application/json", date: new Date().toUTCString() };
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
  });

  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: false } } });
  const router = createAppRouter(createMemoryHistory({ initialEntries: [address] }));
  mount(
    <InPortal queries={queries} session={session}>
      <RouterProvider router={router} />
    </InPortal>,
  );
  return {
    queries,
    router,
    /** Returns the requests to `POST /api/v1/failures/retry` and the like, in order. */
    askedFor: (request: string): readonly Asked[] => asked.filter((it) => it.request === request),
    address: () => router.state.location.href,
  };
}

/** Returns the whole text of the screen, dialogs and toasts included. */
export const shown = (): string => document.body.textContent ?? "";

/** Waits until the screen contains `text`. */
export const says = (text: string): Promise<void> => waitFor(() => expect(shown()).toContain(text));
