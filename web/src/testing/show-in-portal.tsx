import {
  RouterProvider,
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { flushSync } from "react-dom";
import { vi } from "vitest";
import { createQueryClient } from "../api/bellwire-client.ts";
import { RenewSessionContext, type Session } from "../api/session.tsx";
import { InPortal, mount } from "./in-portal.tsx";
import { waitFor } from "./wait-for.ts";

export type Answer = readonly [status: number, body: unknown] | "lost" | "slow";

/**
 * The responses of the server by `GET users`, `PUT settings`, … of either API: a status and a body, a lost network, or none during the test.
 * All other requests get 404. A test may change them while it runs.
 */
export type Answers = Readonly<Record<string, Answer>>;

export interface ShowOptions {
  readonly answers: Answers;
  readonly session?: Partial<Session>;
  /** The route of the page, with its path and its search parser. */
  readonly route?: { readonly path: string; readonly read?: (search: Record<string, unknown>) => object };
  /** The address to open. */
  readonly at?: string;
}

/** Renders a page with its context and a stubbed server. */
export function showInPortal(element: ReactNode, { answers, session, route, at = route?.path ?? "/" }: ShowOptions) {
  const requests: { request: string; body?: unknown }[] = [];
  vi.stubGlobal("fetch", async (to: string | Request, options?: RequestInit) => {
    const sent = new Request(to, options);
    const { pathname, search } = new URL(sent.url);
    const path = pathname.replace(/^\/(admin\/api|api\/v1)\//, "").replace(/\.json$/, "");
    const [request, body] = [`${sent.method} ${path}${search}`, await sent.text()];
    requests.push({ request, ...(body && { body: JSON.parse(body) }) });
    const stubbed = answers[request] ?? [404, {}];
    if (stubbed === "lost") throw new TypeError("Failed to fetch");
    if (stubbed === "slow") return new Promise<Response>(() => undefined);
    const [status, answer] = stubbed;
    return new Response(status === 204 ? null : JSON.stringify(answer), { status });
  });

  const renewSession = vi.fn<() => Promise<void>>(async () => undefined);
  const queries = createQueryClient();
  const { queries: ofQueries, ...defaults } = queries.getDefaultOptions();
  queries.setDefaultOptions({ ...defaults, queries: { ...ofQueries, retry: false } });
  const root = createRootRoute(route ? {} : { component: () => element });
  const page = {
    component: () => element,
    getParentRoute: () => root,
    ...(route?.read && { validateSearch: route.read }),
  };
  const routeTree = route ? root.addChildren([createRoute({ ...page, path: route.path })]) : root;
  const router = createRouter({ routeTree, history: createMemoryHistory({ initialEntries: [at] }) });
  mount(
    <InPortal queries={queries} session={session}>
      <RenewSessionContext value={renewSession}>
        <RouterProvider router={router} />
      </RenewSessionContext>
    </InPortal>,
  );
  return {
    renewSession,
    /** Returns all requests, in order. */
    requests: () => requests.map(({ request }) => request),
    /** Returns the requests that changed something, in order. */
    changes: () => requests.filter(({ request }) => !request.startsWith("GET ")),
    path: () => router.state.location.pathname,
    address: () => router.state.location.href,
    open: (address: string): void => router.history.push(address),
    search: (): object => router.state.location.search,
  };
}

const named = (element: Element, name: string): boolean =>
  element.getAttribute("aria-label") === name || element.textContent.trim() === name;

/** Returns the last button or link of this name. */
export function findButton(name: string): HTMLElement {
  const found = [...document.querySelectorAll<HTMLElement>("button, a")].findLast((element) => named(element, name));
  if (!found) throw new Error(`There is no “${name}” to click.`);
  return found;
}

/** Waits for a button or menu item of this name, and clicks it. */
export const click = (name: string): Promise<void> =>
  waitFor(() => {
    const found = findButton(name);
    flushSync(() => found.click());
  });

/** Waits for a button of this name, and clicks it twice before the page can show the first click. */
export const doubleClick = (name: string): Promise<void> =>
  waitFor(() => {
    const found = findButton(name);
    found.click();
    found.click();
  });

/** Waits for a select of this name and an option of it, and chooses the option. */
export const choose = (name: string, value: string): Promise<void> =>
  waitFor(() => {
    const select = [...document.querySelectorAll("select")].find((element) => named(element, name));
    if (![...(select?.options ?? [])].some((option) => option.value === value)) {
      throw new Error(`“${value}” is not offered by “${name}”.`);
    }
    give(select, value);
  });

/** Waits for the search of a list, types a text and presses Enter, with further properties of that key. */
export const search = (text: string, properties: KeyboardEventInit = {}): Promise<void> =>
  waitFor(() => {
    const input = document.querySelector<HTMLInputElement>(".bellwire-search input");
    if (!input) throw new Error("There is nothing to search by.");
    give(input, text);
    flushSync(() => input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, ...properties })));
  });

/** Waits for a checkbox or radio button by its id, and clicks it. */
export const tick = (id: string): Promise<void> =>
  waitFor(() => {
    const box = document.getElementById(id);
    if (!(box instanceof HTMLInputElement)) throw new Error(`There is nothing to tick at #${id}.`);
    flushSync(() => box.click());
  });

/** Returns the rejection that the topmost dialog shows, if any. */
export const rejection = (): string | undefined => document.querySelector("[role=dialog] [role=alert]")?.textContent;

/** Waits for a control by its id, and for the option of a select, and sets the value as a user does. */
export const fill = (id: string, value: string): Promise<void> =>
  waitFor(() => {
    const control = document.getElementById(id);
    const kinds = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement];
    if (!control || !kinds.some((kind) => control instanceof kind)) throw new Error(`There is no field #${id}.`);
    if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === value)) {
      throw new Error(`“${value}” is not offered by #${id}.`);
    }
    give(control, value);
  });

/** React overrides the property of the element, so this calls the prototype's setter. */
function give(control: Element | null | undefined, value: string): void {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), "value")?.set?.call(control, value);
  const change = new Event(control instanceof HTMLSelectElement ? "change" : "input", { bubbles: true });
  flushSync(() => control?.dispatchEvent(change));
}
