import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { useSession } from "../../api/session.tsx";
import { type AuditRecord, auditRecordsQuery } from "../../api/team.ts";
import { Name } from "../../components/labels.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { LoadMore } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When, describeMoment } from "../../components/time.tsx";

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

const AuditTable = ({ records }: { records: readonly AuditRecord[] }) => (
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

/** Returns "Endpoint secret rotated" for `endpoint.secret_rotated`. */
export const describeAction = (action: string): string => capitalize(inWords(action));

/** Returns "Fields definition 3" for `fields-definition/3`. */
export function describeSubject(subject: string): string {
  const [kind = "", id = ""] = subject.split("/", 2);
  return capitalize(inWords(kind)) + (id && ` ${id}`);
}

/** Returns the path of the subject's page, if it has one. */
export function subjectPath(subject: string): string | undefined {
  const [kind = "", id = ""] = subject.split("/", 2);
  const folder = pages[kind];
  return folder && id ? `/${folder}/${encodeURIComponent(id)}` : undefined;
}

const pages: Readonly<Record<string, string>> = {
  account: "accounts",
  delivery: "deliveries",
  endpoint: "endpoints",
  event: "events",
  product: "products",
};

/** Returns the details, a line each: "changed: url, active". Empty values are omitted; times are in the given time zone. */
export const describeDetail = (detail: Readonly<Record<string, unknown>>, timeZone: string): readonly string[] =>
  Object.entries(detail).flatMap(([name, value]) => {
    const text = detailText(value, timeZone);
    if (name === "serviceIds") return [`products: ${value === null ? "all" : text || "none"}`]; // null includes future ones
    return text === "" ? [] : [`${labels[name] ?? inWords(name)}: ${text}`];
  });

/** Labels of names that do not explain themselves. */
const labels: Readonly<Record<string, string>> = { of: "objects" };

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function detailText(value: unknown, timeZone: string): string {
  if (typeof value === "string") return isoTime.test(value) ? describeMoment(new Date(value), timeZone) : value;
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map((each) => detailText(each, timeZone)).join(", ");
  return typeof value === "object" ? describeDetail({ ...value }, timeZone).join("; ") : JSON.stringify(value);
}

const inWords = (name: string): string =>
  name
    .replaceAll(/[._-]/g, " ")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
