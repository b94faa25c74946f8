import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { exampleSession } from "../testing/examples.ts";
import { mount } from "../testing/in-portal.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { ApiContext, createApiClient } from "./bellwire-client.ts";
import { LiveProvider } from "./live-updates.tsx";
import { createSessionFetch } from "./session-fetch.ts";
import { SessionContext, holdSession } from "./session.tsx";

interface Present {
  readonly userId: number;
  readonly csrfToken: string;
  readonly userName?: string;
  readonly role?: "admin" | "member";
}

afterEach(() => void vi.unstubAllGlobals());

/** Fakes a server for a browser with a session, without one, or while pages do not respond. Changes need the session's token. */
function serverWith(present: Present | "signed out" | "away", { isForbidden = false } = {}) {
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (first: Request | string) => {
    if (!(first instanceof Request)) {
      if (present === "away") throw new TypeError("no network");
      const session =
        present === "signed out"
          ? ""
          : `<script id="bellwire-session" type="application/json">${JSON.stringify(present)}</script>`;
      return new Response(`<html><body>${session}</body></html>`);
    }
    if (typeof present === "string") return new Response("{}", { status: isForbidden ? 403 : 401 });
    if (isForbidden || first.headers.get("x-csrf-token") !== present.csrfToken)
      return new Response("{}", { status: 403 });
    bodies.push(await first.text());
    return new Response("{}");
  });
  const ends: (string | undefined)[] = [];
  const session = holdSession({ ...exampleSession, userId: 1, csrfToken: "first" });
  const polls: boolean[] = [];
  const onEnd = (otherUser: string | undefined, isPoll: boolean): void => {
    ends.push(otherUser);
    polls.push(isPoll);
  };
  const send = createSessionFetch({ session, onEnd });
  const put = () => send(new Request("https://bellwire.example/x", { method: "PUT", body: "typed" }));
  return { send, put, bodies, ends: () => ends.length, others: () => ends, polls, session };
}

test("a change uses the session of the page", async () => {
  const { put, bodies, ends } = serverWith({ userId: 1, csrfToken: "first" });
  expect([(await put()).status, bodies, ends()]).toEqual([200, ["typed"], 0]);
});

test("after a sign-in in another tab, a change is sent with the new session, once", async () => {
  const { put, bodies, ends } = serverWith({ userId: 1, csrfToken: "second" });
  expect([(await put()).status, bodies, ends()]).toEqual([200, ["typed"], 0]);
});

test.each([
  ["no session", "signed out", undefined],
  ["the session of another user", { userId: 2, userName: "olaf", csrfToken: "second" }, "olaf"],
] as const)(
  "with %s, the request is not repeated, and the session's end is reported",
  async (_case, present, other) => {
    const { put, bodies, others } = serverWith(present);
    expect((await put()).ok).toBe(false);
    expect([bodies, others()]).toEqual([[], [other]]);
  },
);

test("a report says whether the request was a change, which a page that polls does not send", async () => {
  const { send, put, polls } = serverWith("signed out");
  await send(new Request("https://bellwire.example/x"));
  await put();
  expect(polls).toEqual([true, false]);
});

test("a 403 in an unchanged session is not reported as the session's end", async () => {
  const { put, ends } = serverWith({ userId: 1, csrfToken: "first" }, { isForbidden: true });
  expect([(await put()).status, ends()]).toEqual([403, 0]);
});

test("a rejection tells the page once that the user's permissions have changed", async () => {
  const { put, session } = serverWith({ userId: 1, csrfToken: "first", role: "member" }, { isForbidden: true });
  let changes = 0;
  session.subscribe(() => void changes++);
  await put();
  await put();
  expect([session.read().role, changes]).toEqual(["member", 1]);
});

test("the 403 of the Account Management API without a session is no missing permission", async () => {
  const { put } = serverWith("signed out", { isForbidden: true });
  expect((await put()).status).toBe(401);
});

test("while the server is unreachable, a 401 is not reported as the session's end", async () => {
  const { put, ends } = serverWith("away");
  expect([(await put()).status, ends()]).toEqual([401, 0]);
});

/** An EventSource that the server answers with an HTTP error. */
class RefusedStream extends EventTarget {
  static readonly CLOSED = 2;
  readonly readyState = RefusedStream.CLOSED;

  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event("error")));
  }

  close(): void {
    this.dispatchEvent(new Event("closed"));
  }
}

test("a page that only follows the stream notices that its session has ended", async () => {
  const { send, ends } = serverWith("signed out");
  vi.stubGlobal("EventSource", RefusedStream);
  mount(
    <SessionContext value={exampleSession}>
      <ApiContext value={createApiClient(send)}>
        <QueryClientProvider client={new QueryClient()}>
          <LiveProvider>The dashboard</LiveProvider>
        </QueryClientProvider>
      </ApiContext>
    </SessionContext>,
  );
  await waitFor(() => expect(ends()).toBe(1));
});
