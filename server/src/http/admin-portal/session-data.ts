import { deedsOpenTo, type Deed, type ProviderUser } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { callerInPortal } from "../shared/admin-caller.ts";
import type { AdminPortalNeeds } from "./admin-portal-needs.ts";
import type { SignedInUser } from "../shared/find-signed-in-user.ts";

/** What it takes to open each place of the app, by the first part of its path. The start is open to everybody. */
const deedOfPlace = {
  accounts: "read-portal",
  applications: "read-portal",
  mails: "administer-portal",
  products: "read-products",
  "account-plans": "read-account-plans",
  "fields-definitions": "read-settings",
  deliveries: "read-webhooks",
  failures: "read-failures",
  events: "read-webhooks",
  bins: "read-webhooks",
  settings: "change-settings",
  personal: "change-own",
  team: "list-provider-users",
  "access-tokens": "read-own",
  "audit-log": "read-audit",
  webhooks: "read-webhooks",
  endpoints: "read-webhooks",
} as const satisfies Record<string, Deed>;

/** What the app knows about who uses it, from the first moment on. */
export interface SessionData {
  readonly userId: number;
  readonly userName: string;
  readonly role: ProviderUser["role"];
  /** The rules are the server's alone: the app offers and opens what is listed here. */
  readonly places: Readonly<Record<string, boolean>>;
  readonly deeds: readonly Deed[];
  readonly csrfToken: string;
  readonly providerName: string;
  readonly timeZone: string;
  /** The rule for passwords, to be shown before one is typed. */
  readonly passwordLengthMin: number;
  readonly publicUrl: string;
  readonly developerPortalUrl: string;
}

type Urls = Pick<AdminPortalNeeds, "adminPortalUrl" | "developerPortalUrl">;

export function sessionDataFor(portal: Urls, provider: Provider, { user, csrfToken }: SignedInUser): SessionData {
  const deeds = deedsOpenTo(callerInPortal(user), provider);
  return {
    userId: user.id,
    userName: user.username,
    role: user.role,
    places: placesFor(deeds),
    deeds,
    csrfToken,
    providerName: provider.name,
    timeZone: provider.timeZone,
    passwordLengthMin: provider.passwordLengthMin,
    publicUrl: portal.adminPortalUrl(provider),
    developerPortalUrl: `${portal.developerPortalUrl(provider)}/`,
  };
}

/** Whether a page's address leads to a place that is not open. What is no place at all, the app itself knows. */
export function isClosed(places: Readonly<Record<string, boolean>>, url: string): boolean {
  const [, place = ""] = /^\/p\/admin\/([^/?]+)/.exec(url) ?? [];
  return places[place] === false;
}

const placesFor = (deeds: readonly Deed[]): Readonly<Record<string, boolean>> =>
  Object.fromEntries(Object.entries(deedOfPlace).map(([place, deed]) => [place, deeds.includes(deed)]));
