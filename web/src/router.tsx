import {
  createBrowserHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { readHistorySearch } from "./api/history.ts";
import { readTimeSpanSearch } from "./components/charts/time-span.ts";
import { AppLayout } from "./layout/app-layout.tsx";
import { NotFoundPage, PageBroken, loadPage } from "./layout/fallback-pages.tsx";
import { readEndpointSearch } from "./pages/endpoint/endpoint-tabs.ts";
import {
  readAccountSearch,
  readApplicationSearch,
  readAttemptSearch,
  readAuditSearch,
  readDeliverySearch,
  readEndpointsSearch,
  readEventSearch,
  readFailureSearch,
  readMailSearch,
  readMessageSearch,
  readRequestSearch,
} from "./pages/list-filters.ts";

/** The search of the address that the browser opened, with what no page parses. */
interface OpenedAddress {
  readonly openedSearch: string;
}

const root = createRootRouteWithContext<OpenedAddress>()({ component: AppLayout });
const getParentRoute = () => root;

/** The browser fetches each page as a separate file, when it is first opened. */
const lazyPage = <Module extends Record<string, unknown>, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
) => lazyRouteComponent(() => loadPage(load), name);

const settingsPage = lazyPage(
  () => import("./pages/webhook-settings/webhook-settings-page.tsx"),
  "WebhookSettingsPage",
);

const routeTree = root.addChildren([
  createRoute({
    getParentRoute,
    path: "/",
    validateSearch: readTimeSpanSearch,
    component: lazyPage(() => import("./pages/start/start-page.tsx"), "StartPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/webhooks",
    beforeLoad: () => redirect({ to: "/webhooks/edit", replace: true, throw: true }),
  }),
  createRoute({ getParentRoute, path: "/webhooks/new", component: settingsPage }),
  createRoute({ getParentRoute, path: "/webhooks/edit", component: settingsPage }),
  createRoute({
    getParentRoute,
    path: "/webhooks/samples",
    component: lazyPage(() => import("./pages/webhook-samples/webhook-samples-page.tsx"), "WebhookSamplesPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/endpoints",
    validateSearch: readEndpointsSearch,
    component: lazyPage(() => import("./pages/endpoints/endpoints-page.tsx"), "EndpointsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/endpoints/new",
    component: lazyPage(() => import("./pages/endpoint/endpoint-page.tsx"), "NewEndpointPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/endpoints/$id",
    validateSearch: readEndpointSearch,
    component: lazyPage(() => import("./pages/endpoint/endpoint-page.tsx"), "EndpointPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts",
    validateSearch: readAccountSearch,
    component: lazyPage(() => import("./pages/accounts/accounts-page.tsx"), "AccountsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts/$id",
    validateSearch: readRequestSearch,
    component: lazyPage(() => import("./pages/account/account-page.tsx"), "AccountPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts/$id/history",
    validateSearch: readHistorySearch,
    component: lazyPage(() => import("./pages/history/history-pages.tsx"), "AccountHistoryPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts/$accountId/users/$id",
    validateSearch: readHistorySearch,
    component: lazyPage(() => import("./pages/history/history-pages.tsx"), "UserPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts/$accountId/applications/$id/history",
    validateSearch: readHistorySearch,
    component: lazyPage(() => import("./pages/history/history-pages.tsx"), "ApplicationHistoryPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/applications",
    validateSearch: readApplicationSearch,
    component: lazyPage(() => import("./pages/applications/applications-page.tsx"), "ApplicationsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/accounts/$accountId/applications/$id",
    validateSearch: readRequestSearch,
    component: lazyPage(() => import("./pages/application/application-page.tsx"), "ApplicationPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/products",
    component: lazyPage(() => import("./pages/products/products-page.tsx"), "ProductsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/products/$id",
    component: lazyPage(() => import("./pages/products/product-page.tsx"), "ProductPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/products/$productId/plans/$id",
    component: lazyPage(() => import("./pages/products/plan-page.tsx"), "PlanPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/api-specifications",
    component: lazyPage(() => import("./pages/products/api-specifications-page.tsx"), "ApiSpecificationsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/account-plans",
    component: lazyPage(() => import("./pages/products/products-page.tsx"), "AccountPlansPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/fields-definitions",
    component: lazyPage(
      () => import("./pages/fields-definitions/fields-definitions-page.tsx"),
      "FieldsDefinitionsPage",
    ),
  }),
  createRoute({
    getParentRoute,
    path: "/access-tokens",
    component: lazyPage(() => import("./pages/access-tokens/access-tokens-page.tsx"), "AccessTokensPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/audit-log",
    validateSearch: readAuditSearch,
    component: lazyPage(() => import("./pages/audit-log/audit-log-page.tsx"), "AuditLogPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/messages",
    validateSearch: readMessageSearch,
    component: lazyPage(() => import("./pages/messages/messages-page.tsx"), "MessagesPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/messages/$id",
    component: lazyPage(() => import("./pages/messages/messages-page.tsx"), "MessagePage"),
  }),
  createRoute({
    getParentRoute,
    path: "/mails",
    validateSearch: readMailSearch,
    component: lazyPage(() => import("./pages/mails/mails-page.tsx"), "MailsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/settings",
    component: lazyPage(() => import("./pages/settings/settings-page.tsx"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/personal",
    component: lazyPage(() => import("./pages/personal/personal-page.tsx"), "PersonalPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/personal/notifications",
    component: lazyPage(() => import("./pages/personal/notifications-page.tsx"), "NotificationsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/single-sign-on",
    component: lazyPage(() => import("./pages/settings/single-sign-on-page.tsx"), "SingleSignOnPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/team",
    component: lazyPage(() => import("./pages/team/team-page.tsx"), "TeamPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/deliveries",
    validateSearch: readDeliverySearch,
    component: lazyPage(() => import("./pages/deliveries/deliveries-page.tsx"), "DeliveriesPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/deliveries/$id",
    component: lazyPage(() => import("./pages/delivery/delivery-page.tsx"), "DeliveryPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/attempts",
    validateSearch: readAttemptSearch,
    component: lazyPage(() => import("./pages/attempts/attempts-page.tsx"), "AttemptsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/failures",
    validateSearch: readFailureSearch,
    component: lazyPage(() => import("./pages/failures/failures-page.tsx"), "FailuresPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/jobs",
    component: lazyPage(() => import("./pages/jobs/jobs-page.tsx"), "JobsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/events",
    validateSearch: readEventSearch,
    component: lazyPage(() => import("./pages/events/events-page.tsx"), "EventsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/events/$id",
    component: lazyPage(() => import("./pages/event/event-page.tsx"), "EventPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/alerts",
    component: lazyPage(() => import("./pages/alerts/alerts-page.tsx"), "AlertsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/bins",
    component: lazyPage(() => import("./pages/request-bins/request-bins-page.tsx"), "RequestBinsPage"),
  }),
]);

/** Reads every parameter as a text. The router's own parser reads "42" as a number and "[1]" as a list. */
const parsePlainSearch = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search));

/** Writes addresses that people can read: without quotes around texts, and with plain commas, colons and slashes. */
function stringifyPlainSearch(search: Record<string, unknown>): string {
  const parameters = Object.entries(search).flatMap(([name, value]) => {
    const isGiven = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    return isGiven ? [[name, String(value)]] : [];
  });
  const text = new URLSearchParams(parameters)
    .toString()
    .replaceAll("%2C", ",")
    .replaceAll("%3A", ":")
    .replaceAll("%2F", "/");
  return text === "" ? "" : `?${text}`;
}

export function createAppRouter(history = createBrowserHistory()) {
  let isNewPage = false;
  const router = createRouter({
    routeTree,
    history,
    context: { openedSearch: history.location.search },
    basepath: import.meta.env.BASE_URL,
    parseSearch: parsePlainSearch,
    stringifySearch: stringifyPlainSearch,
    // Drops parameters that no page parses. `IgnoredInAddress` names them.
    search: { strict: true },
    defaultPreload: "intent",
    defaultNotFoundComponent: NotFoundPage,
    defaultErrorComponent: PageBroken,
    scrollRestoration: true,
    // Not the window but this element scrolls. A tab or a filter of the same page leaves it where it is.
    scrollToTopSelectors: [() => (isNewPage ? document.querySelector("main") : null)],
  });
  router.subscribe("onBeforeLoad", ({ pathChanged }) => {
    isNewPage = pathChanged;
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
