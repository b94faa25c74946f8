import { type ReactNode, createContext, use, useCallback, useState } from "react";

/** What the server tells the page about who is signed in, in a JSON script element. */
export interface Session {
  readonly userId: number;
  readonly userName: string;
  readonly role: "admin" | "member";
  /** Each place, by the first part of its path, and whether it is open. The rules are the server's. */
  readonly places: ReadonlyMap<string, boolean>;
  /** What may be done, in the server's words. */
  readonly deeds: ReadonlySet<string>;
  readonly csrfToken: string;
  readonly providerName: string;
  readonly timeZone: string;
  /** How many characters a password has at least. */
  readonly passwordLengthMin: number;
  readonly developerPortalUrl: string;
}

/** Approves, rejects, suspends and deletes accounts, and brings people into them. */
export const mayAdminister = ({ deeds }: Session): boolean => deeds.has("administer-portal");
export const mayCreateProducts = ({ deeds }: Session): boolean => deeds.has("create-products");
export const mayChangePlans = ({ deeds }: Session): boolean => deeds.has("change-plans");

/** Whether webhooks are sent at all is not for members, whatever their sections. */
export const maySwitchWebhooks = ({ role }: Session): boolean => role === "admin";

/** Whether `/accounts/7` and the like open. Of a path that is no place, the router knows what to say. */
export const mayOpen = ({ places }: Session, path: string): boolean => places.get(path.split("/")[1] ?? "") ?? true;

export const mayUseWebhooks = (session: Session): boolean => mayOpen(session, "/webhooks");

const elementOf = (page: Document): HTMLElement | null => page.getElementById("bellwire-session");

/** The page to sign in has none. */
const holdsSession = (page: Document): boolean => elementOf(page) !== null;

export function readSession(page: Document): Session {
  const content: unknown = JSON.parse(elementOf(page)?.textContent ?? "null");
  const fields = new Map<string, unknown>(Object.entries(content ?? {}));
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
  const number = (name: string): number => {
    const value = fields.get(name);
    return typeof value === "number" ? value : 0;
  };
  const deeds: unknown = fields.get("deeds");
  return {
    userId: number("userId"),
    userName: text("userName"),
    role: text("role") === "admin" ? "admin" : "member",
    places: new Map(Object.entries(fields.get("places") ?? {}).map(([place, isOpen]) => [place, isOpen === true])),
    deeds: new Set(Array.isArray(deeds) ? deeds.map(String) : []),
    csrfToken: text("csrfToken"),
    providerName: text("providerName"),
    timeZone: text("timeZone") || "UTC",
    passwordLengthMin: number("passwordLengthMin"),
    developerPortalUrl: text("developerPortalUrl") || "/",
  };
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("There is no session around this component.");
  return session;
}

export const RenewSessionContext = createContext<() => Promise<void>>(async () => undefined);

/** Reads the session anew, after a change of what it tells: a name, the time zone, what is open. */
export const useRenewSession = (): (() => Promise<void>) => use(RenewSessionContext);

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

/** Where to sign in once the session has ended, and to come back to the page from there. */
export const signInPath = ({ pathname, search }: Pick<Location, "pathname" | "search">): string =>
  `/p/login?return_to=${encodeURIComponent(pathname + search)}`;
