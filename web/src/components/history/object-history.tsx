import {
  Button,
  DescriptionList,
  EmptyState,
  EmptyStateBody,
  Stack,
  StackItem,
  TextInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
  Flex,
  Label,
  LabelGroup,
} from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import {
  type HistorySearch,
  type HistorySubject,
  type ObjectVersion,
  historyQuery,
  readHistorySearch,
  versionQuery,
  type EndpointNotification,
  type HistoryEntry,
} from "../../api/history.ts";
import { useSession, mayUseWebhooks } from "../../api/session.tsx";
import { Fact } from "../facts.tsx";
import { ActorName, EventTypeName, channelName } from "../history-table.tsx";
import { Name } from "../labels.tsx";
import { LoadMore, SelectFilter } from "../lists.tsx";
import { Loaded, TableSkeleton } from "../loaded.tsx";
import { SectionCard } from "../page-header.tsx";
import { useTypedTime } from "../form/typed-time.tsx";
import { describeMoment, describeClock, describeDay } from "../time.tsx";
import { FieldText, FieldChanges } from "./field-changes.tsx";
import "./history.css";

interface ObjectHistoryProps {
  readonly subject: HistorySubject;
  readonly search: HistorySearch;
  readonly onSearch: (search: HistorySearch) => void;
}

/** The history of an account, a user or an application, and on request the object as it was at a time. */
export function ObjectHistory({ subject, search, onSearch }: ObjectHistoryProps) {
  const { at, ...filter } = search;
  const query = useInfiniteQuery(historyQuery(useApi(), subject, filter));
  const change = (changed: Record<string, unknown>): void => onSearch(readHistorySearch({ ...search, ...changed }));
  return (
    <Stack hasGutter>
      <StackItem>
        <HistoryToolbar subject={subject} search={search} onChange={change} />
      </StackItem>
      {at && <VersionCard subject={subject} at={at} onClose={() => change({ at: undefined })} />}
      <StackItem>
        <Loaded query={query} skeleton={<TableSkeleton of="the history" />}>
          {({ pages }) => {
            const entries = pages.flatMap((page) => page.data);
            if (entries.length === 0) return <NoHistory isFiltered={Object.keys(filter).length > 0} />;
            return (
              <HistoryTimeline subject={subject} entries={entries} onShowVersion={(moment) => change({ at: moment })} />
            );
          }}
        </Loaded>
        <LoadMore query={query} />
      </StackItem>
    </Stack>
  );
}

const spanOptions = [
  { value: "day", label: "Last 24 hours" },
  { value: "week", label: "Last 7 days" },
  { value: "month", label: "Last 30 days" },
];

interface HistoryToolbarProps {
  readonly subject: HistorySubject;
  readonly search: HistorySearch;
  readonly onChange: (changed: Record<string, unknown>) => void;
}

function HistoryToolbar({ subject, search, onChange }: HistoryToolbarProps) {
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent alignItems="center">
        <SelectFilter
          label="Time span"
          all="Any time"
          value={search.span}
          options={spanOptions}
          onChange={(span) => onChange({ span })}
        />
        {subject.kind === "account" && (
          <SelectFilter
            label="Objects"
            all="All objects"
            value={search.only}
            options={[{ value: "account", label: "Account only" }]}
            onChange={(only) => onChange({ only })}
          />
        )}
        <ToolbarItem>
          <VersionForm key={search.at} at={search.at} onShow={(at) => onChange({ at })} />
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}

/** Chooses a time in the provider's time zone. */
function VersionForm({ at, onShow }: { at: string | undefined; onShow: (at: string) => void }) {
  const { timeZone } = useSession();
  const { text, setText, moment, repeated } = useTypedTime("version-at", at ? new Date(at) : undefined);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (moment) onShow(moment.toISOString());
  };
  return (
    <form onSubmit={submit} className="bellwire-version-form">
      <label htmlFor="version-at">As it was on</label>
      <TextInput
        id="version-at"
        type="datetime-local"
        step={1}
        value={text}
        aria-describedby="version-zone"
        onChange={(_, typed) => setText(typed)}
      />
      <span id="version-zone" className="bellwire-subtle">
        {timeZone}
      </span>
      {repeated}
      <Button type="submit" variant="secondary" isDisabled={!moment}>
        Show
      </Button>
    </form>
  );
}

interface VersionCardProps {
  readonly subject: HistorySubject;
  readonly at: string;
  readonly onClose: () => void;
}

function VersionCard({ subject, at, onClose }: VersionCardProps) {
  const { timeZone } = useSession();
  const query = useQuery(versionQuery(useApi(), subject, at));
  return (
    <SectionCard
      title={`As it was on ${describeMoment(new Date(at), timeZone)}`}
      actions={
        <Button variant="link" onClick={onClose}>
          Close
        </Button>
      }
    >
      <Loaded query={query} skeleton={<TableSkeleton of="the version" />}>
        {(version) => <VersionFields version={version} />}
      </Loaded>
    </SectionCard>
  );
}

const absences = {
  deleted: "It was deleted by then.",
  not_created: "It did not exist yet.",
  not_kept: "The events from before that time are not kept any more, so its fields of that time are not known.",
} as const;

function VersionFields({ version: { state, fields } }: { version: ObjectVersion }) {
  if (state !== "existed") return absences[state];
  return (
    <DescriptionList isCompact orientation={{ md: "horizontal" }} termWidth="16rem" aria-label="Fields">
      {fields.map(({ field, label, value }) => (
        <Fact key={`${field} ${String(value)}`} term={label}>
          <FieldText value={value} />
        </Fact>
      ))}
    </DescriptionList>
  );
}

function NoHistory({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState titleText={isFiltered ? "No changes" : "No events are kept"} icon={HistoryIcon} headingLevel="h2">
      <EmptyStateBody>
        {isFiltered
          ? "Nothing changed in this time span."
          : "Events are kept for a limited time. The next change appears here."}
      </EmptyStateBody>
    </EmptyState>
  );
}

interface HistoryTimelineProps {
  readonly subject: HistorySubject;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Shows the object as it was right after an event. */
  readonly onShowVersion: (at: string) => void;
}

/** The events of an object, by day. */
function HistoryTimeline({ subject, entries, onShowVersion }: HistoryTimelineProps) {
  const { timeZone } = useSession();
  const days = Map.groupBy(entries, ({ occurred_at }) => describeDay(new Date(occurred_at), timeZone));
  return (
    <ol className="bellwire-timeline">
      {[...days].map(([day, ofDay]) => (
        <li key={day}>
          <h2 className="bellwire-timeline-day">{day}</h2>
          <ol>
            {ofDay.map((entry) => (
              <li key={entry.id} className="bellwire-timeline-entry">
                <TimelineEntry subject={subject} entry={entry} onShowVersion={onShowVersion} />
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ol>
  );
}

type TimelineEntryProps = Omit<HistoryTimelineProps, "entries"> & { readonly entry: HistoryEntry };

function TimelineEntry({ subject, entry, onShowVersion }: TimelineEntryProps) {
  const { timeZone } = useSession();
  const { id, type, object_id, occurred_at, channel, key } = entry;
  const isOwn = object_id === subject.id;
  return (
    <article aria-labelledby={`entry-${id}`}>
      <Flex
        columnGap={{ default: "columnGapMd" }}
        rowGap={{ default: "rowGapXs" }}
        alignItems={{ default: "alignItemsBaseline" }}
      >
        <h3 id={`entry-${id}`} className="bellwire-timeline-title">
          <EntryTitle entry={entry} />
          {!isOwn && <PartLink entry={entry} />}
        </h3>
        <time dateTime={occurred_at} className="bellwire-subtle">
          {describeClock(new Date(occurred_at), timeZone)}
        </time>
        <span>
          <ActorName actor={entry.actor} /> <span className="bellwire-subtle">· {channelName(channel)}</span>
        </span>
        {isOwn && !type.endsWith(".deleted") && (
          <Button variant="link" isInline size="sm" onClick={() => onShowVersion(occurred_at)}>
            As it was then
          </Button>
        )}
      </Flex>
      {entry.erased_at && <p className="bellwire-subtle">Erased on request</p>}
      {key && key.last4 !== "" && <p className="bellwire-subtle">The key that ends with {key.last4}</p>}
      <FieldChanges entry={entry} />
      <NotifiedEndpoints entry={entry} />
    </article>
  );
}

function EntryTitle({ entry: { id, type } }: { entry: HistoryEntry }) {
  const title = <EventTypeName type={type} />;
  return mayUseWebhooks(useSession()) ? (
    <Link to="/events/$id" params={{ id }}>
      {title}
    </Link>
  ) : (
    title
  );
}

/** Leads from an account's history to the user or application that an event is about. */
function PartLink({ entry: { type, object_id, account_id, object_name } }: { entry: HistoryEntry }) {
  const params = { accountId: String(account_id), id: String(object_id) };
  const name = <Name>{object_name ?? String(object_id)}</Name>;
  return (
    <>
      {": "}
      {type.startsWith("user.") ? (
        <Link to="/accounts/$accountId/users/$id" params={params}>
          {name}
        </Link>
      ) : (
        <Link to="/accounts/$accountId/applications/$id/history" params={params}>
          {name}
        </Link>
      )}
    </>
  );
}

const notificationLooks = {
  pending: { text: "Pending", color: "blue" },
  delivered: { text: "Delivered", status: "success" },
  failed: { text: "Failed", status: "danger" },
  cancelled: { text: "Cancelled", color: "grey" },
  withheld: { text: "Not sent", color: "grey" },
} as const;

/** Shows which endpoints were notified of the event, each with a link to its delivery. */
function NotifiedEndpoints({ entry: { id, notified } }: { entry: HistoryEntry }) {
  if (!notified || notified.total === 0) return null;
  const more = notified.total - notified.endpoints.length;
  return (
    <LabelGroup categoryName="Notified" numLabels={4} className="bellwire-notified">
      {notified.endpoints.map((endpoint) => (
        <NotificationLabel key={endpoint.endpoint_id} eventId={id} endpoint={endpoint} />
      ))}
      {more > 0 && <Label isCompact variant="outline">{`${more} more`}</Label>}
    </LabelGroup>
  );
}

/** Leads to the delivery. Without one, the event's page explains why. */
function NotificationLabel({ eventId, endpoint }: { eventId: string; endpoint: EndpointNotification }) {
  const { text, ...look } = notificationLooks[endpoint.state];
  return (
    <Label
      isCompact
      variant="outline"
      {...look}
      {...(endpoint.state === "withheld" && { icon: <BanIcon /> })}
      render={({ className, content }) =>
        endpoint.delivery_id === null ? (
          <Link to="/events/$id" params={{ id: eventId }} className={className}>
            {content}
          </Link>
        ) : (
          <Link to="/deliveries/$id" params={{ id: endpoint.delivery_id }} className={className}>
            {content}
          </Link>
        )
      }
    >
      {text}: {endpoint.endpoint_name}
    </Label>
  );
}
