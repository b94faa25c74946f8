import { createContext, use } from "react";

import type { Session } from "./session.ts";

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("There is no session around this component.");
  return session;
}

export const RenewSessionContext = createContext<() => Promise<void>>(async () => undefined);

/** Reads the session anew, after a change of what it tells: a name, the time zone, what is open. */
export const useRenewSession = (): (() => Promise<void>) => use(RenewSessionContext);
