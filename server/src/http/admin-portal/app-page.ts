import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Deed, type ProviderUser, deedsOpenTo } from "#access/index.ts";
import { callerOfPortalUser } from "#http/shared/admin-caller.ts";
import { type SignedInUser, findSignedInUser } from "#http/shared/browser-session.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { AdminPortal, AdminPortalNeeds } from "./page.ts";

/** Every page of the app is one and the same file: which page it is, the browser reads from its address. */
export function addAppRoutes(http: FastifyInstance, portal: AdminPortal): void {
  const show = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => showApp(portal, request, reply);
  http.get("/p", async (_request, reply) => reply.redirect("/p/admin", 302));
  http.get("/p/admin", show);
  http.get("/p/admin/*", show);
}

async function showApp(portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signedIn = await findSignedInUser(portal, request);
  if (!signedIn) return reply.redirect(`/p/login?return_to=${encodeURIComponent(request.url)}`, 302);

  const session = sessionDataFor(portal, request.provider, signedIn);
  const html = await readAppPage(portal.webFolder, session);
  if (html === undefined) return showBuildPending(portal, request, reply);
  // The app shows the same refusal; whoever reads only the status is told as well.
  return reply
    .code(isClosedPage(session.places, request.url) ? 403 : 200)
    .type("text/html; charset=utf-8")
    .send(html);
}

const showBuildPending = (portal: AdminPortal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  portal.showPage(request, reply.header("retry-after", "5"), {
    template: "message",
    title: "One moment",
    status: 503,
    data: {
      text: "The pages of the Admin Portal are still being built. This page opens them as soon as they are there.",
      reload_after_seconds: 3,
    },
  });

/** The built page with the session in it, or undefined while there is none. Read anew each time: a build may replace it. */
async function readAppPage(webFolder: string, session: SessionData): Promise<string | undefined> {
  const page = await readIfPresent(join(webFolder, "index.html"));
  return page?.replace("</head>", () => `${sessionElement(session)}</head>`);
}

/** JSON in a script element: read as data, never run. `<` is escaped, so that no name can end the element. */
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

/** What the app's page names. Files below assets carry a digest in their names, so browsers keep them for ever. */
export async function serveWebFiles(http: FastifyInstance, webFolder: string): Promise<void> {
  await http.register(fastifyStatic, { root: webFolder, serve: false, logLevel: "error" });

  http.get("/p/admin/assets/*", (request, reply) =>
    reply.sendFile(`assets/${readForm(request.params)["*"]}`, { maxAge: "365d", immutable: true }),
  );
  http.get("/p/admin/bellwire.svg", (_request, reply) => reply.sendFile("bellwire.svg", { maxAge: "1h" }));
}

/** What it takes to open each place of the app, by the first part of its path. The start is open to everybody. */
const requiredActions = {
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
interface SessionData {
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

function sessionDataFor(portal: Urls, provider: Provider, { user, csrfToken }: SignedInUser): SessionData {
  const deeds = deedsOpenTo(callerOfPortalUser(user), provider);
  return {
    userId: user.id,
    userName: user.username,
    role: user.role,
    places: openPages(deeds),
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
function isClosedPage(places: Readonly<Record<string, boolean>>, url: string): boolean {
  const [, place = ""] = /^\/p\/admin\/([^/?]+)/.exec(url) ?? [];
  return places[place] === false;
}

const openPages = (deeds: readonly Deed[]): Readonly<Record<string, boolean>> =>
  Object.fromEntries(Object.entries(requiredActions).map(([place, deed]) => [place, deeds.includes(deed)]));
