import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type Action,
  allowedActions,
  productScopeOf,
  type ProviderUser,
  type Scope,
  usableScopes,
} from "#access/index.ts";
import { callerOfPortalUser } from "#http/shared/admin-caller.ts";
import { findSignedInUser, type SignedInUser } from "#http/shared/sign-in.ts";
import { readForm } from "#http/shared/forms.ts";
import { addErrorHandler, createTemplateRenderer, type PortalNeeds } from "#http/shared/pages.ts";
import type { SingleSignOnNeeds } from "#http/shared/single-sign-on.ts";
import { signsInWithPassword } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";

export interface AdminPortalNeeds extends PortalNeeds, SingleSignOnNeeds {
  /** Build output of `web`: index.html and its assets. May appear while the process runs. */
  readonly webFolder: string;
  /** Called for each page, because the bin is created during startup. */
  readonly tryOut?: (provider: Provider) => object | undefined;
}

interface Page {
  readonly template: "sign-in" | "message";
  readonly title: string;
  readonly status?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export type ShowPage = (request: FastifyRequest, reply: FastifyReply, page: Page) => Promise<FastifyReply>;

/** Dependencies of the routes, with the renderer of the pages outside the app. */
export interface AdminPortal extends AdminPortalNeeds {
  readonly showPage: ShowPage;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

export function createShowPage(
  { developerPortalUrl, tryOut }: AdminPortalNeeds,
  assets: Readonly<Record<string, string>>,
): ShowPage {
  const render = createTemplateRenderer(templates);

  return async (request, reply, { template, title, status = 200, data }) => {
    const html = await render(template, {
      ...data,
      title,
      provider_name: request.provider.name,
      developer_portal_url: `${developerPortalUrl(request.provider)}/`,
      is_try_out: tryOut?.(request.provider) !== undefined,
      assets: { css: assets["sign-in.css"], js: assets["sign-in.js"], logo: assets["bellwire.svg"] },
    });
    return reply.code(status).type("text/html; charset=utf-8").send(html);
  };
}

/** Renders errors. Internal details go to the log only. */
export function addErrorPages(http: FastifyInstance, { showPage }: AdminPortal): void {
  http.addHook("onRequest", async (request, reply) => {
    // None of these pages exists on the host of the Developer Portal.
    if (request.side === "developer") {
      reply.callNotFound();
      return reply;
    }
    if (request.provider.state === "approved") return undefined;
    const data = { text: "This provider is suspended." };
    return showPage(request, reply, { template: "message", title: "Provider suspended", status: 403, data });
  });

  addErrorHandler(http, {
    showPage,
    contact: "the operator",
    link: { href: "/p/admin", text: "Back to the Admin Portal" },
  });
}

/** Serves the same file for every page of the app; the browser routes by path. */
export function addAppRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const show = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => showApp(portal, request, reply);
  http.get("/p", async (_request, reply) => reply.redirect("/p/admin", 302));
  http.get("/p/admin", show);
  http.get("/p/admin/*", show);
}

async function showApp(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(request.url)}`, 302);

  const { provider } = request;
  const hasPassword = await signsInWithPassword(portal.pool, provider.id, signedIn.user.id);
  const session = sessionDataFor(portal, provider, { ...signedIn, signsInWithPassword: hasPassword });
  const html = await readAppPage(portal.webFolder, session);
  if (html === undefined) return showBuildPending(portal, request, reply);
  // The app shows the denial; the status is for other clients.
  return reply
    .code(isClosedPage(session.pages, request.url) ? 403 : 200)
    .type("text/html; charset=utf-8")
    .send(html);
}

const showBuildPending = (portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  portal.showPage(request, reply.header("retry-after", "5"), {
    template: "message",
    title: "One moment",
    status: 503,
    data: {
      text: "The Admin Portal is still being built. This page opens it as soon as it is ready.",
      reload_after_seconds: 3,
    },
  });

/**
 * Returns the built page with the session data, or undefined before the first build. Not cached, as a build may replace it.
 * Not compressed, as it holds the CSRF token.
 */
async function readAppPage(webFolder: string, session: SessionData): Promise<string | undefined> {
  const page = await readIfPresent(join(webFolder, "index.html"));
  return page?.replace("</head>", () => `${sessionElement(session)}</head>`);
}

/** Renders the session data as JSON in a script element. Escapes `<`, so that no name can end the element. */
export const sessionElement = (session: SessionData): string =>
  `<script type="application/json" id="bellwire-session">${JSON.stringify(session).replaceAll("<", "\\u003c")}</script>`;

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const assetName = /^\w[\w.-]*$/;

/** A file of this name never changes, so a browser neither validates nor resumes it. Their headers would be 4 kB of the first page. */
const assetHeaders = {
  maxAge: "365d",
  immutable: true,
  etag: false,
  lastModified: false,
  acceptRanges: false,
} as const;

/**
 * Serves the app's assets in the form that the browser accepts: the build compresses each text file. Their names contain a
 * digest, so browsers cache them for a year.
 */
export async function serveWebFiles(http: FastifyInstance, webFolder: string): Promise<void> {
  // At the first start the build is still under way, so the folder may be missing.
  const options = { root: webFolder, serve: false, preCompressed: true, suppressWarning: true } as const;
  await http.register(fastifyStatic, { ...options, logLevel: "error" });

  http.get("/p/admin/assets/*", (request, reply) => {
    const name = readForm(request.params)["*"] ?? "";
    // The build has no folders. `sendFile` would throw for a path that leads out of its root.
    if (!assetName.test(name)) return reply.callNotFound();
    return reply.sendFile(`assets/${name}`, assetHeaders);
  });
  http.get("/p/admin/bellwire.svg", (_request, reply) => reply.sendFile("bellwire.svg", { maxAge: "1h" }));
}

/** The action required for each page of the app, by the first path segment. The start page requires none. */
const requiredActions = {
  accounts: "read-portal",
  applications: "read-portal",
  messages: "read-portal",
  mails: "administer-portal",
  products: "read-products",
  "api-specifications": "read-specifications",
  "account-plans": "read-account-plans",
  "fields-definitions": "read-settings",
  deliveries: "read-webhooks",
  attempts: "read-webhooks",
  failures: "read-failures",
  jobs: "read-webhooks",
  events: "read-webhooks",
  alerts: "read-webhooks",
  bins: "read-webhooks",
  settings: "change-settings",
  personal: "change-own",
  team: "list-provider-users",
  "single-sign-on": "read-authentication-providers",
  "access-tokens": "read-own",
  "audit-log": "read-audit",
  webhooks: "read-webhooks",
  endpoints: "read-webhooks",
} as const satisfies Record<string, Action>;

/** Data about the signed-in user, embedded in the app's page. */
interface SessionData {
  readonly userId: number;
  readonly userName: string;
  readonly role: ProviderUser["role"];
  /** Permitted pages and actions. The app shows only these; the server enforces them. */
  readonly pages: Readonly<Record<string, boolean>>;
  readonly allowedActions: readonly Action[];
  /** The scopes that the user's access tokens may use. */
  readonly tokenScopes: readonly Scope[];
  /** False for members whose permissions name products. The APIs hide the other products, with their applications and plans. */
  readonly seesEveryProduct: boolean;
  readonly csrfToken: string;
  readonly providerName: string;
  readonly timeZone: string;
  readonly passwordLengthMin: number;
  /** The user has a password, with which to prove a change of the own user. */
  readonly signsInWithPassword: boolean;
  readonly publicUrl: string;
  readonly developerPortalUrl: string;
  readonly mailIsSent: boolean;
}

type Installation = Pick<AdminPortalNeeds, "adminPortalUrl" | "developerPortalUrl" | "mailIsSent">;

function sessionDataFor(
  portal: Installation,
  provider: Provider,
  { user, csrfToken, ...rest }: SignedInUser & Pick<SessionData, "signsInWithPassword">,
): SessionData {
  const allowed = allowedActions(callerOfPortalUser(user), provider);
  return {
    userId: user.id,
    userName: user.username,
    role: user.role,
    pages: openPages(allowed),
    allowedActions: allowed,
    tokenScopes: usableScopes(user),
    seesEveryProduct: productScopeOf(user) === null,
    csrfToken,
    providerName: provider.name,
    timeZone: provider.timeZone,
    passwordLengthMin: provider.passwordLengthMin,
    publicUrl: portal.adminPortalUrl(provider),
    developerPortalUrl: `${portal.developerPortalUrl(provider)}/`,
    mailIsSent: portal.mailIsSent,
    ...rest,
  };
}

/** True if the URL belongs to a page that the user may not open. The app handles unknown pages. */
function isClosedPage(pages: Readonly<Record<string, boolean>>, url: string): boolean {
  const [, page = ""] = /^\/p\/admin\/([^/?]+)/.exec(url) ?? [];
  return pages[page] === false;
}

const openPages = (allowed: readonly Action[]): Readonly<Record<string, boolean>> =>
  Object.fromEntries(Object.entries(requiredActions).map(([page, action]) => [page, allowed.includes(action)]));
