/** What the server tells the page about who is signed in, in a JSON script element. */
export interface Session {
  readonly userName: string;
  readonly role: "admin" | "member";
  readonly csrfToken: string;
  readonly providerName: string;
  readonly webHooksCapability: "denied" | "hidden" | "visible";
  readonly timeZone: string;
  readonly developerPortalUrl: string;
}

/** Members, and everybody while the plan has no webhooks, are kept out by the server; here it is only said in time. */
export const mayUseWebhooks = (session: Session): boolean =>
  session.role === "admin" && session.webHooksCapability !== "denied";

export function readSession(page: Document): Session {
  const content: unknown = JSON.parse(page.getElementById("bellwire-session")?.textContent ?? "null");
  const fields = new Map<string, unknown>(Object.entries(content ?? {}));
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
  const capability = text("webHooksCapability");
  return {
    userName: text("userName"),
    role: text("role") === "admin" ? "admin" : "member",
    csrfToken: text("csrfToken"),
    providerName: text("providerName"),
    webHooksCapability: capability === "visible" || capability === "hidden" ? capability : "denied",
    timeZone: text("timeZone") || "UTC",
    developerPortalUrl: text("developerPortalUrl") || "/",
  };
}
