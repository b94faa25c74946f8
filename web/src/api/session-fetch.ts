import { type PresentSession, readPresentSession } from "./session.tsx";

/** Sends a request of the Admin Portal. Rejects without a network. */
export type SessionFetch = (request: Request) => Promise<Response>;

export interface SessionFetchOptions {
  /** The session of the page. It is replaced after a sign-in in another tab, or a change of permissions. */
  readonly session: Pick<PresentSession, "read" | "replace">;
  /** Called for each request that finds no session, or that of another user, with the name of that one. A page polls without a change. */
  readonly onEnd: (otherUser: string | undefined, isPoll: boolean) => void;
}

/**
 * The Account Management API answers 403 without a session, too, as 3scale's does. A page would take that for a missing permission, and
 * replace its form and the input.
 */
const sessionEnded = (): Response =>
  Response.json({ title: "Your session has ended. Sign in again to continue." }, { status: 401 });

/**
 * Returns a function that sends requests with the page's session. After a sign-in in another tab it continues with the new session, so
 * that the page keeps its input. After a rejection it notices changed permissions, so that the page stops offering what is rejected.
 */
export function createSessionFetch({ session, onEnd }: SessionFetchOptions): SessionFetch {
  const send = (request: Request): Promise<Response> => {
    if (request.method !== "GET") request.headers.set("x-csrf-token", session.read().csrfToken);
    return fetch(request);
  };
  return async (request) => {
    const again = request.clone(); // a body can be sent once
    const { userId, csrfToken } = session.read();
    const response = await send(request);
    if (response.status !== 401 && response.status !== 403) return response;

    const present = await readPresentSession();
    if (present === "unknown") return response;
    if (present === "signed out" || present.userId !== userId) {
      onEnd(present === "signed out" ? undefined : present.userName, request.method === "GET");
      return sessionEnded();
    }
    session.replace(present);
    // With the same token, the user may not do this.
    return present.csrfToken === csrfToken ? response : send(again);
  };
}
