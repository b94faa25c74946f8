import { type ReactNode, createContext, use, useCallback, useEffect, useSyncExternalStore } from "react";

/** The session data that the server writes into the page as JSON. */
export interface Session {
  readonly userId: number;
  readonly userName: string;
  readonly role: "admin" | "member";
  /** Says for the first segment of each page's path whether the user may open it. The server decides. */
  readonly pages: ReadonlyMap<string, boolean>;
  /** The actions that the server allows the user. */
  readonly allowedActions: ReadonlySet<string>;
  /** The scopes that the user's access tokens may use. */
  readonly tokenScopes: ReadonlySet<string>;
  /** False for members whose permissions name products: they see nothing of the other products. */
  readonly seesEveryProduct: boolean;
  readonly csrfToken: string;
  readonly providerName: string;
  readonly timeZone: string;
  /** The minimum length of a password in characters. */
  readonly passwordLengthMin: number;
  /** The user has a password, and may sign in with it. */
  readonly signsInWithPassword: boolean;
  readonly developerPortalUrl: string;
  /** False without a mail server: mails stay on the page Emails. */
  readonly mailIsSent: boolean;
}

/** Returns `done`, or without a mail server a message that the mail waits. Members cannot open the page Emails. */
export const mailMessage = ({ mailIsSent }: Session, mail: string, done: string): string =>
  mailIsSent ? done : `The ${mail} is ready, but no mail server sends it. Admins find its link on the page Emails`;

/** Allows approving, rejecting, suspending and deleting accounts, and adding users to them. */
export const mayAdminister = ({ allowedActions }: Session): boolean => allowedActions.has("administer-portal");
/** Allows messages to accounts, and most changes of accounts, users and applications. */
export const mayChangePortal = ({ allowedActions }: Session): boolean => allowedActions.has("change-portal");
export const mayCreateProducts = ({ allowedActions }: Session): boolean => allowedActions.has("create-products");
export const mayChangeWebhooks = ({ allowedActions }: Session): boolean => allowedActions.has("change-webhooks");
export const mayChangeProducts = ({ allowedActions }: Session): boolean => allowedActions.has("change-products");
export const mayChangeFeatures = ({ allowedActions }: Session): boolean => allowedActions.has("change-features");
export const mayChangeSpecifications = ({ allowedActions }: Session): boolean =>
  allowedActions.has("change-specifications");
export const mayDeleteProducts = ({ allowedActions }: Session): boolean => allowedActions.has("delete-products");
export const mayChangePlans = ({ allowedActions }: Session): boolean => allowedActions.has("change-plans");

/** Only admins may turn webhooks on or off; no section grants it to members. */
export const maySwitchWebhooks = ({ role }: Session): boolean => role === "admin";

/** Returns true for pages that the user may open, and for unknown paths, which the router handles. */
export const mayOpen = ({ pages }: Session, path: string): boolean => pages.get(path.split("/")[1] ?? "") ?? true;

/** Allows reading the plans of accounts and of their subscriptions. */
export const mayReadPlans = (session: Session): boolean => mayOpen(session, "/account-plans");

export const mayUseWebhooks = (session: Session): boolean => mayOpen(session, "/webhooks");

const sessionElement = (page: Document): HTMLElement | null => page.getElementById("bellwire-session");

/** The sign-in page contains no session. */
const hasSession = (page: Document): boolean => sessionElement(page) !== null;

export function readSession(page: Document): Session {
  const content: unknown = JSON.parse(sessionElement(page)?.textContent ?? "null");
  const fields = new Map<string, unknown>(Object.entries(content ?? {}));
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
  const number = (name: string): number => {
    const value = fields.get(name);
    return typeof value === "number" ? value : 0;
  };
  const names = (name: string): ReadonlySet<string> => {
    const value = fields.get(name);
    return new Set(Array.isArray(value) ? value.map(String) : []);
  };
  return {
    userId: number("userId"),
    userName: text("userName"),
    role: text("role") === "admin" ? "admin" : "member",
    pages: new Map(Object.entries(fields.get("pages") ?? {}).map(([path, isOpen]) => [path, isOpen === true])),
    allowedActions: names("allowedActions"),
    tokenScopes: names("tokenScopes"),
    seesEveryProduct: fields.get("seesEveryProduct") === true,
    csrfToken: text("csrfToken"),
    providerName: text("providerName"),
    timeZone: text("timeZone") || "UTC",
    passwordLengthMin: number("passwordLengthMin"),
    signsInWithPassword: fields.get("signsInWithPassword") === true,
    developerPortalUrl: text("developerPortalUrl") || "/",
    mailIsSent: fields.get("mailIsSent") === true,
  };
}

/** Holds the session, which changes with the user's name, time zone and permissions. */
export interface PresentSession {
  readonly read: () => Session;
  /** Notifies the subscribers, unless nothing has changed. */
  readonly replace: (next: Session) => void;
  readonly subscribe: (onChange: () => void) => () => void;
}

export function holdSession(first: Session): PresentSession {
  const changes = new EventTarget();
  let session = first;
  return {
    read: () => session,
    replace: (next) => {
      if (textOf(next) === textOf(session)) return;
      session = next;
      changes.dispatchEvent(new Event("change"));
    },
    subscribe: (onChange) => {
      changes.addEventListener("change", onChange);
      return () => changes.removeEventListener("change", onChange);
    },
  };
}

const textOf = ({ pages, allowedActions, tokenScopes, ...rest }: Session): string =>
  JSON.stringify([...pages, ...allowedActions, ...tokenScopes, rest]);

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("There is no session around this component.");
  return session;
}

export const RenewSessionContext = createContext<() => Promise<void>>(async () => undefined);

/** Returns a function that reads the session again, after a change of a name, the time zone or permissions. */
export const useRenewSession = (): (() => Promise<void>) => use(RenewSessionContext);

export interface SessionProviderProps {
  readonly present: PresentSession;
  readonly children: ReactNode;
}

/** Provides the session to the components below. */
export function SessionProvider({ present, children }: SessionProviderProps) {
  const session = useSyncExternalStore(present.subscribe, present.read);
  const renew = useCallback(async () => {
    const next = await readPresentSession();
    // With the session of another user, the next request of the page reports the end of this one.
    if (typeof next === "object" && next.userId === present.read().userId) present.replace(next);
  }, [present]);
  useEffect(() => onReturn(() => void renew()), [renew]);
  return (
    <SessionContext value={session}>
      <RenewSessionContext value={renew}>{children}</RenewSessionContext>
    </SessionContext>
  );
}

/** Keeps changes between two windows from requesting the session each time. */
const returnEveryMs = 5000;

/**
 * Calls back when the user returns to the window: an admin may have changed the user's permissions meanwhile. Returns a function that
 * ends this.
 */
function onReturn(back: () => void): () => void {
  let lastMs = -Infinity;
  const notice = (): void => {
    const nowMs = performance.now();
    if (nowMs - lastMs < returnEveryMs) return;
    lastMs = nowMs;
    back();
  };
  window.addEventListener("focus", notice);
  return () => window.removeEventListener("focus", notice);
}

/** Reads the browser's session from the page that the server renders now. It is unknown while the server is away. */
export async function readPresentSession(): Promise<Session | "signed out" | "unknown"> {
  const response = await fetch(import.meta.env.BASE_URL, { credentials: "same-origin" }).catch(() => undefined);
  if (!response?.ok) return "unknown";
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return hasSession(page) ? readSession(page) : "signed out";
}

/** Returns the address of the sign-in page, which returns to the present page after sign-in. */
export const signInPath = ({ pathname, search }: Pick<Location, "pathname" | "search">): string =>
  `/p/login?return_to=${encodeURIComponent(pathname + search)}`;
