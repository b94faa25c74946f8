import { Banner, Flex, FlexItem } from "@patternfly/react-core";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense } from "react";
import { formatCount } from "./counts.ts";
import { alertKinds, openAlertsQuery } from "../api/alerts.ts";
import { responseBody, useApi } from "../api/bellwire-client.ts";
import { mayUseWebhooks, useSession } from "../api/session.tsx";
import type { NoticeBannerProps } from "./installation-banner.tsx";
import { lazyPart } from "./loaded.tsx";

/** Shows on every page that alerts are open. Muted and recovering alerts are left out. */
export function AlertBanner() {
  const isAllowed = mayUseWebhooks(useSession());
  const { data = [] } = useQuery({ ...openAlertsQuery(useApi()), enabled: isAllowed });
  const alerts = data.filter(({ muted, state }) => !muted && state === "open");
  const [first] = alerts;
  if (!first || !isAllowed) return null;
  return (
    <Banner status="warning" screenReaderText="Warning">
      <Flex spaceItems={{ default: "spaceItemsSm" }} flexWrap={{ default: "nowrap" }}>
        <FlexItem>
          <ExclamationTriangleIcon />
        </FlexItem>
        <FlexItem>
          {alerts.length === 1
            ? `${first.endpoint_name}: ${alertKinds[first.kind].title.toLowerCase()}. `
            : `${formatCount(alerts.length)} alerts are open. `}
          <Link to="/alerts">Show {alerts.length === 1 ? "the alert" : "all alerts"}</Link>
        </FlexItem>
      </Flex>
    </Banner>
  );
}

/** Its texts and dialog would be a fiftieth of the first page. */
const NoticeBanner = lazyPart<NoticeBannerProps>(
  async () => (await import("./installation-banner.tsx")).NoticeBanner,
  () => <Banner status="warning">There is a notice for admins. Reload the page to read it.</Banner>,
);

const pollMs = 60_000;

/** Tells admins on every page about a switch or a restore of the database. */
export function InstallationBanner() {
  const api = useApi();
  const isAdmin = useSession().role === "admin";
  const { data = [] } = useQuery({
    queryKey: ["notices"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/notices"))).data,
    refetchInterval: pollMs,
    enabled: isAdmin,
  });
  if (!isAdmin || data.length === 0) return null;
  return (
    <Suspense fallback={null}>
      <NoticeBanner notices={data} />
    </Suspense>
  );
}
