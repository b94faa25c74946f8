import { EmptyState, EmptyStateBody, Label, PageSection, Stack } from "@patternfly/react-core";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type Alert, alertKinds, openAlertsQuery, pastAlertsQuery } from "../../api/alerts.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { useSession } from "../../api/session.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { EndpointLink, Name } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { LoadMore } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { muteActions, untilWords } from "../../components/mute.ts";
import { PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { RuleList } from "./rule-list.tsx";

export function AlertsPage() {
  const api = useApi();
  const open = useQuery(openAlertsQuery(api));
  const past = useInfiniteQuery(pastAlertsQuery(api));
  return (
    <>
      <PageHeader title="Alerts">
        Problems of endpoints. Admins get an email when an alert opens and when it closes, and endpoints that select
        operational events get those.
      </PageHeader>
      <PageSection isFilled>
        <Stack hasGutter>
          <SectionCard title="Open alerts">
            <Loaded query={open} skeleton={<TableSkeleton of="open alerts" />}>
              {(alerts) => (alerts.length > 0 ? <OpenAlerts alerts={alerts} /> : <NoAlerts />)}
            </Loaded>
          </SectionCard>
          <RuleList />
          <SectionCard title="Past alerts">
            <Loaded query={past} skeleton={<TableSkeleton of="past alerts" />}>
              {({ pages }) => {
                const alerts = pages.flatMap((page) => page.data);
                return alerts.length > 0 ? <PastAlerts alerts={alerts} /> : "No alert has closed yet.";
              }}
            </Loaded>
            <LoadMore query={past} />
          </SectionCard>
        </Stack>
      </PageSection>
    </>
  );
}

const NoAlerts = () => (
  <EmptyState titleText="No open alerts" icon={CheckCircleIcon} status="success" headingLevel="h3" variant="sm">
    <EmptyStateBody>Rules are checked each minute.</EmptyStateBody>
  </EmptyState>
);

const columns: readonly ListColumn<Alert>[] = [
  {
    title: "Endpoint",
    show: ({ endpoint_id, endpoint_name }) => <EndpointLink id={endpoint_id} name={endpoint_name} />,
    place: "title",
    isName: true,
  },
  { title: "Alert", show: (alert) => <AlertLabel alert={alert} />, place: "start" },
  { title: "Problem", show: (alert) => <Problem alert={alert} />, place: "below", isName: true },
];

const openColumns: readonly ListColumn<Alert>[] = [
  ...columns,
  { title: "Since", show: ({ opened_at }) => <When at={opened_at} />, place: "end" },
];

const pastColumns: readonly ListColumn<Alert>[] = [
  ...columns,
  { title: "Opened", show: ({ opened_at }) => <When at={opened_at} /> },
  { title: "Closed", show: ({ closed_at }) => closed_at && <When at={closed_at} />, place: "end" },
];

const keyOf = ({ id }: Alert): number => id;

/** The sentence, who muted the alert, and until when: a label would cut that off on a phone. */
function Problem({ alert: { sentence, muted, muted_until, muted_by } }: { alert: Alert }) {
  const { timeZone } = useSession();
  return (
    <>
      {sentence}
      {muted && (muted_until !== null || muted_by !== null) && (
        <>
          {" Muted"}
          {muted_by !== null && (
            <>
              {" by "}
              <Name>{muted_by}</Name>
            </>
          )}
          {untilWords(muted_until, timeZone)}.
        </>
      )}
    </>
  );
}

function AlertLabel({ alert: { kind, state, muted } }: { alert: Alert }) {
  const { title } = alertKinds[kind];
  if (muted)
    return (
      <Label isCompact icon={<BellSlashIcon />}>
        {title}: muted
      </Label>
    );
  if (state === "closed") return <>{title}</>;
  return (
    <Label isCompact textMaxWidth="20rem" status={state === "open" ? "danger" : "warning"}>
      {title}
      {state === "clearing" && ": recovering"}
    </Label>
  );
}

function OpenAlerts({ alerts }: { alerts: readonly Alert[] }) {
  const api = useApi();
  const mute = useChange({
    change: ({ id, until }: { id: number; until: Date | null }) =>
      responseBody(
        api.POST("/api/v1/alerts/{id}/mute", {
          params: { path: { id } },
          body: { until: until?.toISOString() ?? null },
        }),
      ),
    stale: [["alerts"]],
    failed: "The alert could not be muted",
  });
  const unmute = useChange({
    change: (id: number) => responseBody(api.POST("/api/v1/alerts/{id}/unmute", { params: { path: { id } } })),
    stale: [["alerts"]],
    failed: "The alert could not be unmuted",
  });
  const actionsOf = ({ id, muted }: Alert) =>
    muted
      ? [{ title: "Unmute", onClick: () => unmute.mutate(id) }]
      : muteActions("Mute until it closes", (until) => mute.mutate({ id, until }));
  return (
    <ListTable
      label="Open alerts"
      rows={alerts}
      columns={openColumns}
      keyOf={keyOf}
      nameOf={({ endpoint_name, kind }) => `${endpoint_name}, ${alertKinds[kind].title}`}
      actionsOf={actionsOf}
      isBusy={mute.isPending || unmute.isPending}
    />
  );
}

const PastAlerts = ({ alerts }: { alerts: readonly Alert[] }) => (
  <ListTable label="Past alerts" rows={alerts} columns={pastColumns} keyOf={keyOf} />
);
