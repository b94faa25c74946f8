import {
  Button,
  EmptyState,
  EmptyStateBody,
  PageSection,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { useManagement } from "../../api/management-client.ts";
import { useSession } from "../../api/session.tsx";
import { type AuditFilter, type AuditRecord, auditExportPath, auditRecordsQuery, teamQuery } from "../../api/team.ts";
import { useIsDeletedEndpoint } from "../../components/endpoint/endpoint-filter.tsx";
import { TimeFilter } from "../../components/filters/time-filter.tsx";
import { Name } from "../../components/labels.tsx";
import { capitalize, inWords, nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { ClearFilters, LoadMore, NoMatch, SelectFilter, ShownRows, TextFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When, describeMoment } from "../../components/time.tsx";
import { readAuditSearch } from "../list-filters.ts";

const route = getRouteApi("/audit-log");

export function AuditLogPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  // Merged with the address, which a change just before may have changed already.
  const narrow = (changed: Record<string, unknown>): void =>
    void navigate({ to: "/audit-log", search: (present: object) => readAuditSearch({ ...present, ...changed }) });
  const clear = (): void => void navigate({ to: "/audit-log" });
  const query = useInfiniteQuery(auditRecordsQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Audit log">
        Changes by your team to endpoints, settings, plans, colleagues and tokens, and retried or deleted deliveries.
        Changes to accounts, users and applications are under Events.
      </PageHeader>
      <PageSection isFilled>
        <AuditFilters filter={filter} onChange={narrow} onClear={clear} />
        <ShownRows filter={filter} query={query} nouns={["action", "actions"]} />
        <Loaded query={query} skeleton={<TableSkeleton of="the audit log" />}>
          {({ pages }) => {
            const records = pages.flatMap((page) => page.data);
            if (records.length > 0) return <AuditTable records={records} />;
            if (Object.keys(filter).length > 0) return <NoMatch row="action" query={query} onClear={clear} />;
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

/** Kinds of objects that admins look for. The text finds all others. */
const objectKinds = [
  { value: "endpoint", label: "Endpoints" },
  { value: "delivery", label: "Deliveries" },
  { value: "failures", label: "Failures" },
  { value: "job", label: "Jobs" },
  { value: "alert_rule", label: "Alert rules" },
  { value: "bin", label: "Request bins" },
  { value: "plan", label: "Plans" },
  { value: "product", label: "Products" },
  { value: "fields-definition", label: "Fields definitions" },
  { value: "provider-user", label: "Team members" },
  { value: "token", label: "Access tokens" },
  { value: "provider", label: "Provider and settings" },
];

interface AuditFiltersProps {
  readonly filter: AuditFilter;
  /** Receives the changed filters, not validated. */
  readonly onChange: (changed: Record<string, unknown>) => void;
  readonly onClear: () => void;
}

function AuditFilters({ filter, onChange, onClear }: AuditFiltersProps) {
  const { subject } = filter;
  const { data: team = [] } = useQuery(teamQuery(useManagement()));
  // One object is filtered by a link from its page.
  const name = useEndpointNames()?.get(subject ?? "");
  const label = name === undefined ? describeSubject(subject ?? "") : `Endpoint ${nameInText(name)}`;
  const linked = subject?.includes("/") ? [{ value: subject, label }] : [];
  return (
    <Toolbar inset={{ default: "insetNone" }} className="bellwire-filter-bar">
      <ToolbarContent>
        <TextFilter label="Action, object, details or user" value={filter.q} onChange={(q) => onChange({ q })} />
        <SelectFilter
          label="Object"
          all="Every object"
          value={subject}
          options={[...linked, ...objectKinds]}
          onChange={(chosen) => onChange({ subject: chosen })}
        />
        <SelectFilter
          label="By"
          all="By everyone"
          value={filter.actor}
          options={[
            ...team.map(({ id, username }) => ({ value: `admin:${id},token:${id}`, label: username })),
            { value: "key", label: actorKinds.key },
            { value: "system", label: actorKinds.system },
          ]}
          onChange={(actor) => onChange({ actor })}
        />
        <ToolbarItem>
          <TimeFilter filter={filter} onChange={onChange} />
        </ToolbarItem>
        <ClearFilters filter={filter} onClear={onClear} />
        <ToolbarItem alignSelf="center">
          <Button variant="link" isInline component="a" href={auditExportPath(filter)} download>
            Download CSV
          </Button>
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}

const actorKinds = { admin: "An admin", token: "An access token", key: "The provider key", system: "Bellwire" };

const columns: readonly ListColumn<AuditRecord>[] = [
  { title: "Action", show: ({ action }) => describeAction(action), place: "title" },
  { title: "Object", show: ({ subject }) => <Subject subject={subject} />, place: "start", isName: true },
  {
    title: "Details",
    show: ({ detail }) => <Details detail={detail} />,
    place: "below",
    isName: true,
  },
  { title: "By", show: ({ actor }) => <AuditActor actor={actor} />, place: "middle", width: 20 },
  { title: "When", show: ({ at }) => <When at={at} />, place: "end" },
];

const AuditTable = ({ records }: { records: readonly AuditRecord[] }) => (
  <ListTable label="Audit log" rows={records} columns={columns} keyOf={({ id }) => id} />
);

function Subject({ subject }: { subject: string }) {
  const name = useEndpointNames()?.get(subject);
  const isDeleted = useIsDeletedEndpoint();
  const page = subjectPath(subject);
  const [kind, id] = subject.split("/", 2);
  if (kind === "endpoint" && isDeleted(Number(id))) return `${describeSubject(subject)} (deleted)`;
  const words =
    name === undefined ? (
      describeSubject(subject)
    ) : (
      <>
        Endpoint <Name>{name}</Name>
      </>
    );
  return page === undefined ? words : <Link to={page}>{words}</Link>;
}

/** Returns the names of the endpoints by subject. A deleted endpoint has none. */
function useEndpointNames(): ReadonlyMap<string, string> | undefined {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  return useMemo(() => endpoints && new Map(endpoints.map(({ id, name }) => [`endpoint/${id}`, name])), [endpoints]);
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
  if (kind === "provider") return "Provider"; // each provider has its own audit log
  return capitalize(inWords(kind === "provider-user" ? "team-member" : kind)) + (id && ` ${id}`);
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
