import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { useSession } from "../../api/session.tsx";
import { type AuditRecord, auditRecordsQuery } from "../../api/team.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { LoadMore } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { describeAction, describeDetail, describeSubject, subjectPath } from "./audit-record.ts";
import { Name } from "../../components/labels.tsx";

export function AuditLogPage() {
  const query = useInfiniteQuery(auditRecordsQuery(useApi()));
  return (
    <>
      <PageHeader title="Audit log">
        Changes by your team to endpoints, settings, plans, colleagues and tokens, and retried or deleted deliveries.
        Changes to accounts, users and applications are under Events.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the audit log" />}>
          {({ pages }) => {
            const records = pages.flatMap((page) => page.data);
            if (records.length > 0) return <AuditTable records={records} />;
            return (
              <EmptyState titleText="No actions yet" icon={HistoryIcon} headingLevel="h2">
                <EmptyStateBody>
                  Actions by you and your colleagues appear here, with the user and the time.
                </EmptyStateBody>
              </EmptyState>
            );
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}

const actorKinds = { admin: "An admin", token: "An access token", key: "The provider key", system: "Bellwire" };

const columns: readonly ListColumn<AuditRecord>[] = [
  { title: "Action", show: ({ action }) => describeAction(action), place: "title" },
  { title: "Object", show: ({ subject }) => <Subject subject={subject} />, place: "start" },
  {
    title: "Details",
    show: ({ detail }) => <Details detail={detail} />,
    place: "below",
    isName: true,
  },
  { title: "By", show: ({ actor }) => <AuditActor actor={actor} />, place: "middle" },
  { title: "When", show: ({ at }) => <When at={at} />, place: "end" },
];

export const AuditTable = ({ records }: { records: readonly AuditRecord[] }) => (
  <ListTable label="Audit log" rows={records} columns={columns} keyOf={({ id }) => id} />
);

function Subject({ subject }: { subject: string }) {
  const [page, name] = [subjectPath(subject), describeSubject(subject)];
  return page === undefined ? name : <Link to={page}>{name}</Link>;
}

function Details({ detail }: Pick<AuditRecord, "detail">) {
  const { timeZone } = useSession();
  return describeDetail(detail, timeZone).map((line) => <div key={line}>{line}</div>);
}

function AuditActor({ actor: { kind, user_id, username } }: { actor: AuditRecord["actor"] }) {
  if (user_id === null) return actorKinds[kind];
  return (
    <>
      <Name>{username ?? `User ${user_id} (deleted)`}</Name>
      {kind === "token" && <span className="bellwire-subtle"> (with an access token)</span>}
    </>
  );
}
