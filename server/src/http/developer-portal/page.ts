import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ChangeContext } from "#access/index.ts";
import { createProviderMemory } from "#http/shared/find-provider.ts";
import { findBrowserSession, type SessionNeeds } from "#http/shared/sign-in.ts";
import type { ApiReferenceFiles } from "#http/shared/api-reference.ts";
import { isCrossOrigin, readForm } from "#http/shared/forms.ts";
import { addErrorHandler, createTemplateRenderer, type PortalNeeds } from "#http/shared/pages.ts";
import { type LogInOffer, listLogInOffers, type SingleSignOnNeeds } from "#http/shared/single-sign-on.ts";
import type { Database } from "#platform/database/database.ts";
import { parseRowId } from "#platform/ids.ts";
import { nameInText } from "#platform/visible-text.ts";
import { type Account, countUnreadMessages, readAccount } from "#portal/accounts/index.ts";
import { hasPublishedSpecifications } from "#portal/products/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import { readUser, type User } from "#portal/users/index.ts";

/** Targets of the try-out bar's second and third step. */
interface TryOutLinks {
  /** Requires a sign-in, so that visitors do not see each other's data. */
  readonly binsUrl: string;
  readonly adminUrl: string;
}

export interface DeveloperPortalNeeds extends PortalNeeds, SingleSignOnNeeds {
  /** Called for each page, because the bin is created during startup. */
  readonly tryOut?: (provider: Provider) => TryOutLinks | undefined;
  readonly apiReference: ApiReferenceFiles;
}

interface Page {
  readonly template: string;
  readonly title: string;
  readonly status?: number;
  readonly developer?: Developer | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The offers of a provider's portal to everybody. */
interface PortalOffers {
  readonly logIns: readonly LogInOffer[];
  readonly hasDocumentation: boolean;
}

type ReadOffers = (provider: Provider) => Promise<PortalOffers>;

/** Creates a function that reads them once a second for all visitors, because each page shows the link to the documentation. */
export const createReadOffers = ({ pool }: Pick<DeveloperPortalNeeds, "pool">): ReadOffers =>
  createProviderMemory(async ({ id }) => {
    const [logIns, hasDocumentation] = await Promise.all([
      listLogInOffers(pool, id, "developer"),
      hasPublishedSpecifications(pool, id),
    ]);
    return { logIns, hasDocumentation };
  });

/** Dependencies of the routes, with the renderer of pages. */
export interface Portal extends DeveloperPortalNeeds {
  readonly readOffers: ReadOffers;
  readonly showPage: ShowPage;
}

/** A request for a page, with its reply. */
export interface Visit {
  readonly portal: Portal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Undefined for visitors. */
  readonly developer?: Developer | undefined;
}

export interface DeveloperVisit extends Visit {
  readonly developer: Developer;
}

export type ShowPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>;

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

/** Returns a function that renders a template with its data and the data of every page. */
export function createShowPage(
  { readOffers, tryOut, mailIsSent, pool, clock }: Omit<Portal, "showPage">,
  assets: Readonly<Record<string, string>>,
): ShowPage {
  const render = createTemplateRenderer(templates);

  return async (request, reply, { template, title, status = 200, data, ...page }) => {
    const notice = page.developer?.notice;
    const refusal = typeof notice === "object" ? notice : undefined;
    const done = typeof notice === "string" ? notices[notice] : noticeFor(request, { status, mailIsSent });
    // The page of an error has no link to it if the database is at fault, and does not wait for it.
    const offers = status < 500 ? await readOffers(request.provider).catch(() => undefined) : undefined;
    // A page for everybody shows users their links, too, and not those to log in.
    const developer =
      page.developer ?? (offers && (await findDeveloper({ pool, clock }, request).catch(() => undefined)));
    const html = await render(template, {
      ...data,
      title,
      path: request.url.split("?", 1)[0],
      provider: {
        name: request.provider.name,
        name_in_text: nameInText(request.provider.name),
        initial: initialOf(request.provider.name),
        signups_enabled: request.provider.signupsEnabled,
      },
      developer: developer && {
        id: developer.user.id,
        username: developer.user.username,
        org_name: developer.account.orgName,
        form_token: developer.csrfToken,
        is_admin: developer.user.role === "admin",
        unread_messages: developer.unreadMessages,
      },
      has_documentation: offers?.hasDocumentation ?? false,
      shown_at: clock.now().getTime(),
      done,
      is_saved: !unsaved.has(done),
      refusal: refusal?.text,
      try_out: tryOutLinks(tryOut?.(request.provider), mailIsSent),
      assets: { css: assets["portal.css"], js: assets["portal.js"], icon: assets["icon.svg"] },
    });
    return reply
      .code(refusal?.status ?? status)
      .type("text/html; charset=utf-8")
      .send(html);
  };
}

/** Returns the first character as a reader sees it: an emoji has several code units. */
const initialOf = (name: string): string =>
  new Intl.Segmenter("en").segment(name).containing(0)?.segment.toUpperCase() ?? "";

const tryOutLinks = (links: TryOutLinks | undefined, mailIsSent: boolean) =>
  links && {
    bins_url: links.binsUrl,
    admin_url: links.adminUrl,
    outbox_url: mailIsSent ? undefined : `${links.adminUrl}/mails`,
  };

/** Shown instead of a confirmation, if the form has changed nothing. */
const unsavedNotices = {
  "session-ended": "Your session has ended, so nothing was changed. Log in, and submit the form again.",
  "form-kept": "You are logged in again. Nothing has been changed yet: check the form, and submit it.",
  "form-of-earlier-session":
    "You have logged in again since this form was opened, so nothing was changed. Check it, and submit it again.",
} as const;

const unsaved: ReadonlySet<string | undefined> = new Set(Object.values(unsavedNotices));

/** Confirmations shown on the page after a form, by the value of the query parameter `done`. */
const notices = {
  ...unsavedNotices,
  saved: "Your changes have been saved.",
  "password-changed": "Your password has been changed. All other browsers have been logged out.",
  "session-logged-out": "That browser has been logged out.",
  "others-logged-out": "All other browsers have been logged out.",
  "log-in-removed": "The log-in has been removed, and all other browsers have been logged out.",
  "password-chosen": "Your new password has been set. Log in with it.",
  "user-deleted": "The user has been deleted.",
  "activation-sent": "The activation email is on its way.",
  invited: "The invitation is on its way.",
  "invitation-deleted": "The invitation has been deleted. Its link no longer works.",
  joined: "Welcome! You are now a member of this account.",
  "application-created": "Your application is ready.",
  "application-requested": "Your application is waiting for approval.",
  "application-deleted": "The application has been deleted.",
  "plan-changed": "The plan has been changed.",
  "plan-requested": "Your request has been sent. The plan does not change until it is approved.",
  "subscription-requested": "Your request has been sent. You can create applications once it is approved.",
  "request-withdrawn": "Your request has been withdrawn. The plan does not change.",
  "access-withdrawn": "Your request for access has been withdrawn.",
  "key-added": "The key has been added and works immediately.",
  "key-deleted": "The key has been deleted.",
  "key-regenerated": "The key has been replaced. The old key no longer works.",
  "filter-added": "The referrer filter has been added.",
  "filter-deleted": "The referrer filter has been deleted.",
  "message-sent": "Your message has been sent.",
  "message-deleted": "The message has been deleted.",
} as const satisfies Record<string, string>;

type NoticeName = keyof typeof notices;

/** Without a mail server. */
const noticesWithoutMail: Readonly<Record<string, string>> = {
  "activation-sent": "The activation link is ready, but no mail server sends it. Ask us for it.",
  invited: "The invitation is ready, but no mail server sends it. Ask us for its link.",
} satisfies Partial<Record<NoticeName, string>>;

/** Redirects after a successful form, to a page that shows a confirmation. */
export const redirectWithNotice = (reply: FastifyReply, path: string, notice: NoticeName): FastifyReply =>
  reply.redirect(`${path}?done=${notice}`, 303);

/** Returns none for an error page, such as one whose address outlived what was confirmed. */
function noticeFor(
  request: FastifyRequest,
  { status, mailIsSent }: { readonly status: number; readonly mailIsSent: boolean },
): string | undefined {
  if (status >= 400) return undefined;
  const { done } = readForm(request.query);
  const [name = "", notice] = Object.entries(notices).find(([each]) => each === done) ?? [];
  return mailIsSent ? notice : (noticesWithoutMail[name] ?? notice);
}

/** A time as text, such as `24 November 2026`, and in ISO 8601 for the attribute `datetime`. */
export interface FormattedDate {
  readonly text: string;
  readonly iso: string;
}

export const formatDate = (at: Date, timeZone: string): FormattedDate => ({
  text: new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone }).format(at),
  iso: writeTimestamp(at, timeZone),
});

/** Returns "12,431". */
export const formatCount = (count: number): string => count.toLocaleString("en");

const rowsPerPage = 100;

/** Characters of a search. 15,000, as many as an address may have, blocked the process for three seconds in a list of 1,000 rows. */
const searchMax = 200;

/** The words of a search that is part of a form, so that it keeps the form's other fields. No field of a provider has a name with a dot. */
const searchName = "form.search";

/** The buttons of a form that show its list differently, and Enter, which presses the first button of a form. */
const listButtonName = "form.list";

/** Returns true if a form was sent to search its list or to turn its pages. Enter in a field searches if the words have changed. */
export function isListRequest(request: FastifyRequest): boolean {
  const { [listButtonName]: button, [searchName]: words = "" } = readForm(request.body);
  const { q = "" } = readForm(request.query);
  return button === "enter" ? words.trim() !== q : button !== undefined;
}

/** Returns the words of the search and the number of the page, which the address has unless a form was sent with other words. */
function readListRequest(request: FastifyRequest): { readonly q: string; readonly page: string } {
  const { [listButtonName]: button, [searchName]: words } = readForm(request.body);
  const { q = "", page = "" } = readForm(request.query);
  if (button === "all") return { q: "", page: "" };
  return words === undefined || words.trim() === q ? { q, page } : { q: words, page: "" };
}

/** A page of a list, as `list-search.liquid` and `list-pages.liquid` render it, or `plan-search.liquid` in a form. */
export interface ListPage {
  /** With the search and the page: screen readers read it first, and the pages of a list differ by nothing else above the rows. */
  readonly title: string;
  /** Undefined for a list that fits on one page. */
  readonly search?: { readonly words: string; readonly found: string; readonly max: number };
  /** The address of this page with its search, for a form on it. Undefined for a list that fits on one page. */
  readonly address?: string;
  /** Undefined if all found rows are on this page. */
  readonly pages?: { readonly present: string; readonly previous?: string; readonly next?: string };
}

/**
 * Returns the rows of a long list on the page that the address names, of those with all words of its search: rendering thousands of
 * rows takes seconds, in which the process answers nobody else. A page that does not exist is the nearest one.
 */
export function listPage<Row>(
  request: FastifyRequest,
  name: string,
  all: readonly Row[],
  textOf: (row: Row) => string,
): ListPage & { readonly rows: readonly Row[] } {
  if (all.length <= rowsPerPage) return { title: name, rows: all };
  const { q, page } = readListRequest(request);
  const search = q.slice(0, searchMax).trim();
  const words = search.toLowerCase().split(/\s+/);
  const found = all.filter((row) => {
    const text = textOf(row).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const last = Math.max(1, Math.ceil(found.length / rowsPerPage));
  const present = Math.min(Math.max(1, parseRowId(page) ?? 1), last);
  const path = request.url.split("?", 1)[0];
  const linkTo = (number: number): string =>
    `${path}?${new URLSearchParams({ ...(search && { q: search }), page: String(number) }).toString()}`;
  const place = `Page ${formatCount(present)} of ${formatCount(last)}`;
  const matches = `${search && `${formatCount(found.length)} of `}${formatCount(all.length)}`;
  return {
    title: [name, ...(search ? [matches] : []), ...(last > 1 ? [place] : [])].join(", "),
    rows: found.slice((present - 1) * rowsPerPage, present * rowsPerPage),
    search: { words: search, found: matches, max: searchMax },
    address: linkTo(present),
    ...(last > 1 && {
      pages: {
        present: place,
        ...(present > 1 && { previous: linkTo(present - 1) }),
        ...(present < last && { next: linkTo(present + 1) }),
      },
    }),
  };
}

/** Reads an id from the path. Returns undefined if it is not a valid id. */
export const readPathId = (request: FastifyRequest, name = "id"): number | undefined =>
  parseRowId(readForm(request.params)[name] ?? "");

/** 3scale has the same callback on both sides. */
export const callbackPath = "/auth/:system_name/callback";

/** Their handlers redirect to the Admin Portal. */
const servedOnAdminSide: ReadonlySet<string> = new Set(["/", callbackPath]);

/** Renders missing pages and errors. Internal details go to the log only. */
export function addErrorPages(http: FastifyInstance, portal: Portal): void {
  const { showPage } = portal;
  // None of these pages exists on the admin host.
  http.addHook("onRequest", async (request, reply) => {
    if (request.side === "admin" && !servedOnAdminSide.has(request.routeOptions.url ?? "")) {
      if (request.is404) return undefined; // the handler below answers
      reply.callNotFound();
      return reply;
    }
    return request.provider.state === "approved" ? undefined : showUnavailable(portal, request, reply);
  });

  http.setNotFoundHandler(async (request, reply) => {
    if (request.side === "admin") {
      return reply
        .code(404)
        .type("text/plain; charset=utf-8")
        .send("Page not found. The Admin Portal is at /p/admin.\n");
    }
    const developer = await findDeveloper(portal, request);
    const message = (developer && missingObject(request)) ?? missingPage;
    return showPage(request, reply, { ...message, template: "message", status: 404, developer });
  });

  addErrorHandler(http, { showPage, contact: "us", link: { href: "/", text: "Home" } });
}

type Message = Pick<Page, "title" | "data">;

const missingPage: Message = {
  title: "Page not found",
  data: { text: "The address may be wrong, or the page may have been removed.", link: { href: "/", text: "Home" } },
};

/** The list of the object that a page is about, and the name of a form. */
const objectPage =
  /^(\/applications(?:\/\d+\/(keys|referrer-filters))?|\/account\/(users|invitations|sessions)|\/(messages))(?:\/log-ins)?\/[^/]+(?:\/([a-z-]+))?$/;

export const sessionsPage = { href: "/account/sessions", text: "Sessions and log-ins" } as const;
const listNames: Readonly<Record<string, string>> = {
  keys: "Keys",
  "referrer-filters": "Referrer filters",
  users: "Users",
  invitations: "Invitations",
  sessions: sessionsPage.text,
  messages: "Messages",
};

/** Forms whose second submission, after a double click without scripts, finds nothing. */
const repeatedForms: Readonly<Record<string, readonly [title: string, text: string]>> = {
  delete: ["Already deleted", "It no longer exists, so there is nothing left to delete."],
  end: ["Already logged out", "This browser is not logged in any more, so there is nothing left to do."],
  remove: ["Already removed", "You cannot log in with it any more, so there is nothing left to remove."],
  regenerate: ["Already replaced", "This key was replaced or deleted, and no longer works."],
};

/** Returns the answer if an object is missing: after a double click without scripts, a colleague's deletion, or the back button. */
function missingObject({ method, url }: FastifyRequest): Message | undefined {
  const match = objectPage.exec(url.split("?", 1)[0] ?? "");
  if (!match) return undefined;
  const [, href, ofApplication = "", ofAccount = ofApplication, list = ofAccount, form] = match;
  const link = { href, text: listNames[list] ?? "Applications" };
  const [title, text] = (method === "POST" && repeatedForms[form ?? ""]) || [];
  if (title !== undefined) return { title, data: { text, link } };
  const rest = method === "POST" ? ". Nothing was changed." : ", or the address is wrong.";
  return { title: "This no longer exists", data: { text: `It was deleted or replaced${rest}`, link } };
}

const showUnavailable = ({ showPage }: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "This portal is closed",
    status: 403,
    data: { text: "The Developer Portal is not available at the moment." },
  });

/** Responds alike for a missing object and another account's object. */
export function showNotFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

/** Refuses a change that the product reserves for the provider. */
export const showNotAllowed = ({ portal, request, reply, developer }: DeveloperVisit): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "Only the provider can do this",
    status: 403,
    developer,
    data: {
      text: `Contact ${nameInText(request.provider.name)} to make this change. Nothing was changed.`,
      link: { href: "/applications", text: "Applications" },
    },
  });

/** Refuses a form without a valid token, for example one sent by another site or after the session ended. */
export const showInvalidFormToken = (
  { portal, request, reply, developer }: Visit,
  formPath = request.url === "/logout" ? "/" : request.url,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "Please reload the form",
    status: 403,
    developer,
    data: {
      text: "This form could not be verified. It may have been open for too long, or cookies may be disabled. Nothing was changed.",
      link: { href: formPath, text: "Reload the form" },
    },
  });

/** Returns true for a form of a page of ours. Another site must not fill in a form of ours. */
export const isOwnForm = (request: FastifyRequest, form: Readonly<Record<string, string>>): boolean =>
  form[shownToName] !== undefined && !isCrossOrigin(request);

/** Refuses the form of a page that was shown to another user, before somebody logged out and in again in another tab. */
export const showOtherUser = ({ portal, request, reply, developer }: DeveloperVisit): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "Another user is logged in",
    status: 403,
    developer,
    data: {
      text: `This page was shown to another user. Now ${nameInText(developer.user.username)} is logged in in this browser. Nothing was changed.`,
      link: { href: "/account", text: "My account" },
    },
  });

/** Why a form was not processed, although its fields are valid. */
export interface Refusal {
  readonly text: string;
  readonly status: number;
}

/** A signed-in user with an active state, of an approved account. */
export interface Developer {
  readonly user: User;
  readonly account: Account;
  readonly csrfToken: string;
  /** Messages to the account that none of its users has read. */
  readonly unreadMessages: number;
  /** Shown on the next page. */
  readonly notice?: NoticeName | Refusal;
}

/** The hidden input of forms with the id of the signed-in user. No field of a provider has a name with a dot. */
export const shownToName = "form.shown_to";

/** Returns the signed-in developer. Rechecks the states of user and account on each request. */
export async function findDeveloper(needs: SessionNeeds, request: FastifyRequest): Promise<Developer | undefined> {
  const session = await findBrowserSession(needs, request, "developer");
  const providerId = request.provider.id;
  return session && readDeveloper(needs.pool, providerId, session);
}

/** Returns the developer of a session, unless the states of user and account forbid it. */
export async function readDeveloper(
  db: Database,
  providerId: number,
  { userId, csrfToken }: { readonly userId: number; readonly csrfToken: string },
): Promise<Developer | undefined> {
  const user = await readUser(db, providerId, userId);
  if (user?.state !== "active") return undefined;
  // At once, so that the count makes no page slower.
  const [account, unreadMessages] = await Promise.all([
    readAccount(db, providerId, user.accountId),
    countUnreadMessages(db, providerId, user.accountId),
  ]);
  return account?.state === "approved" ? { user, account, csrfToken, unreadMessages } : undefined;
}

export type DeveloperPage = (visit: DeveloperVisit) => Promise<FastifyReply>;

/** Shows a page to signed-in developers. Redirects visitors to the login, which leads back. */
export const requireDeveloper =
  (portal: Portal, page: DeveloperPage) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const developer = await findDeveloper(portal, request);
    return developer ? page({ portal, request, reply, developer }) : redirectToLogin(request, reply);
  };

/** Redirects to the login, which leads back, and says that a form was not processed. */
export function redirectToLogin({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const notice = method === "POST" ? "&done=session-ended" : "";
  return reply.redirect(`/login?return_to=${encodeURIComponent(url)}${notice}`, 302);
}

/** Returns actor, channel and time of a signed-in developer's change. */
export const developerContext = ({ portal, request, developer }: DeveloperVisit): ChangeContext => ({
  actor: { kind: "developer", userId: developer.user.id },
  channel: "developer_portal",
  now: portal.clock.now(),
  adminPortalUrl: portal.adminPortalUrl(request.provider),
});
