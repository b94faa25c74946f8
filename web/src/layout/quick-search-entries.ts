import { type Session, mayOpen } from "../api/session.tsx";
import { otherPages, portalSections } from "./portal-pages.ts";

/** A place that the search leads to: a path within the Admin Portal, or an address outside. */
export type SearchTarget = { readonly path: string } | { readonly href: string };

export interface SearchEntry {
  /** Unique among the entries. */
  readonly key: string;
  readonly group: string;
  readonly title: string;
  /** Tells entries of the same title apart. */
  readonly detail?: string | undefined;
  readonly target: SearchTarget;
}

interface Command {
  readonly title: string;
  readonly words: string;
  readonly target: SearchTarget;
  /** The path whose page the user must be allowed to open. */
  readonly needs: string;
}

const commandsOf = ({ developerPortalUrl }: Session): readonly Command[] => [
  {
    title: "Create an endpoint",
    words: "new add webhook url",
    target: { path: "/endpoints/new" },
    needs: "/endpoints",
  },
  {
    title: "Send a test event",
    words: "ping try webhook",
    target: { path: "/webhooks/edit" },
    needs: "/webhooks",
  },
  {
    title: "Show failed deliveries of the last 24 hours",
    words: "failures errors yesterday today",
    target: { path: "/deliveries?state=failed&since=-1d" },
    needs: "/deliveries",
  },
  {
    title: "Sign up as a developer",
    words: "register developer portal test account",
    target: { href: `${developerPortalUrl.replace(/\/$/, "")}/signup` },
    needs: "/",
  },
  { title: "Open the Developer Portal", words: "visit", target: { href: developerPortalUrl }, needs: "/" },
  {
    title: "Open the API documentation",
    words: "rest openapi docs reference",
    target: { href: "/p/admin/api-docs" },
    needs: "/",
  },
];

/** Returns the pages and actions that contain every word of the text, and the lists that can be searched for it. */
export function findLocalEntries(text: string, session: Session): readonly SearchEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (haystack: string): boolean => words.every((word) => haystack.toLowerCase().includes(word));
  const pages = portalSections.flatMap(({ title: section, pages: ofSection }) =>
    ofSection.map((page) => ({ ...page, section })),
  );
  const others = otherPages.map((page) => ({ ...page, section: "" }));
  const pageEntries = [...pages, ...others]
    .filter(({ to }) => mayOpen(session, to))
    .filter(({ title, section, words: more = "" }) => matches(`${title} ${section} ${more}`))
    .map(({ to, title, section }) => ({
      key: `page ${to}`,
      group: "Pages",
      title,
      detail: section || undefined,
      target: { path: to },
    }));
  const commandEntries = commandsOf(session)
    .filter(({ needs, title, words: more }) => mayOpen(session, needs) && matches(`${title} ${more}`))
    .map(({ title, target }) => ({ key: `action ${title}`, group: "Actions", title, target }));
  return [...pageEntries, ...commandEntries, ...listEntries(text, session)];
}

/** The id of an event: the header `webhook-id`. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns the lists that can be searched for the text, for texts in payloads, errors and headers. */
function listEntries(text: string, session: Session): readonly SearchEntry[] {
  const q = text.trim();
  if (q === "") return [];
  const encoded = encodeURIComponent(q);
  const ofEvent = { to: "/deliveries", title: "Deliveries of this event", path: `/deliveries?event_id=${encoded}` };
  const lists = [
    ...(uuid.test(q) ? [ofEvent] : []),
    { to: "/deliveries", title: `Deliveries with “${q}”`, path: `/deliveries?q=${encoded}` },
    { to: "/events", title: `Events with “${q}”`, path: `/events?q=${encoded}` },
    { to: "/accounts", title: `Accounts with “${q}”`, path: `/accounts?query=${encoded}` },
  ];
  return lists
    .filter(({ to }) => mayOpen(session, to))
    .map(({ title, path }) => ({ key: `list ${path}`, group: "Search in lists", title, target: { path } }));
}
