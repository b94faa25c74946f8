import type { LinkProps } from "@tanstack/react-router";

export interface PortalPage {
  readonly to: NonNullable<LinkProps["to"]>;
  /** The name in search and on other pages. */
  readonly title: string;
  /** The name in the navigation, if its section makes a shorter one clear. */
  readonly label?: string;
  /** Other words that people search the page by. */
  readonly words?: string;
  /** Overrides the match by path, for pages below the path of another entry. */
  readonly isAt?: (path: string) => boolean;
}

export interface PortalSection {
  readonly title: string;
  readonly pages: readonly PortalPage[];
}

/** An application's path is below its account's. */
const isApplicationPath = (path: string): boolean => path.includes("/applications");

/** The pages of the Admin Portal in the order of the navigation. Search, navigation and the start page list them. */
export const portalSections: readonly PortalSection[] = [
  {
    title: "Webhooks",
    pages: [
      { to: "/deliveries", title: "Deliveries", words: "sent webhooks requests log history" },
      { to: "/failures", title: "Failures", words: "failed errors dead letter queue retry" },
      { to: "/jobs", title: "Jobs", words: "bulk export download retry all progress" },
      { to: "/alerts", title: "Alerts", words: "problems rules notifications mute snooze" },
      { to: "/attempts", title: "Attempts", words: "requests responses slow latency receiver timeout" },
      { to: "/events", title: "Events", words: "changes feed not sent" },
      { to: "/endpoints", title: "Endpoints", words: "url receiver subscription pause replay secret" },
      {
        to: "/webhooks/edit",
        title: "Webhook settings",
        label: "Settings",
        words: "integrate url ping test event switches",
        isAt: (path) => /^\/webhooks(\/|$)/.test(path),
      },
      { to: "/bins", title: "Request bins", words: "test receiver inspect" },
    ],
  },
  {
    title: "Developers",
    pages: [
      {
        to: "/accounts",
        title: "Accounts",
        words: "organizations sign-ups approve suspend",
        isAt: (path) => path.startsWith("/accounts") && !isApplicationPath(path),
      },
      { to: "/applications", title: "Applications", words: "keys credentials", isAt: isApplicationPath },
      { to: "/messages", title: "Messages", words: "inbox support developers write answer" },
      { to: "/mails", title: "Emails", words: "outbox mails e-mail activation" },
    ],
  },
  {
    title: "Products",
    pages: [
      { to: "/products", title: "Products", words: "services apis application plans service plans" },
      {
        to: "/api-specifications",
        title: "API specifications",
        words: "activedocs openapi swagger documentation docs",
      },
      { to: "/account-plans", title: "Account plans" },
      { to: "/fields-definitions", title: "Fields definitions", words: "custom fields" },
    ],
  },
  {
    title: "Account Settings",
    pages: [
      { to: "/settings", title: "General settings", label: "General", words: "time zone sign-up limits passwords" },
      { to: "/team", title: "Team", words: "members users invite permissions" },
      {
        to: "/single-sign-on",
        title: "Single sign-on",
        words: "sso log-in identity provider keycloak auth0 github oauth openid",
      },
      { to: "/access-tokens", title: "Access tokens", words: "api credentials" },
      { to: "/audit-log", title: "Audit log", words: "history of admins" },
    ],
  },
];

/** Pages without an entry in the navigation. Every user may open the last one. */
export const otherPages: readonly PortalPage[] = [
  { to: "/webhooks/samples", title: "Webhook samples", words: "payload examples xml json" },
  { to: "/personal/notifications", title: "Notification preferences", words: "emails mails" },
  { to: "/personal", title: "Personal settings", words: "password username email e-mail" },
];

/** Returns true if the page of an entry, or a page below it, is at the path. */
export const isPageAt = ({ to, isAt }: PortalPage, path: string): boolean =>
  isAt?.(path) ?? (path === to || path.startsWith(`${to}/`));
