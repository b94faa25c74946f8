import { useCallback, useState, type ReactNode } from "react";

import { holdsSession, readSession, type Session } from "./session.ts";
import { RenewSessionContext, SessionContext } from "./session-context.ts";

export interface SessionProviderProps {
  /** As the page brought it. */
  readonly first: Session;
  readonly children: ReactNode;
}

/** Who is signed in, for everything in here. */
export function SessionProvider({ first, children }: SessionProviderProps) {
  const [session, setSession] = useState(first);
  const renew = useCallback(async () => {
    const page = await fetchPage();
    if (page) setSession(readSession(page));
  }, []);
  return (
    <SessionContext value={session}>
      <RenewSessionContext value={renew}>{children}</RenewSessionContext>
    </SessionContext>
  );
}

/** The page as the server writes it now. None, if it cannot be had: then what is shown is a little old, and no more. */
async function fetchPage(): Promise<Document | undefined> {
  const response = await fetch(import.meta.env.BASE_URL, { credentials: "same-origin" }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return holdsSession(page) ? page : undefined;
}
