import { Button, Flex, Label, LabelGroup } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import { Link } from "@tanstack/react-router";
import type { EndpointNotification, HistoryEntry, HistorySubject } from "../../api/history.ts";
import { mayUseWebhooks, useSession } from "../../api/session.tsx";
import { ActorName, EventTypeName, channelName } from "../history-table.tsx";
import { Name } from "../labels.tsx";
import { describeClock, describeDay } from "../time.tsx";
import { FieldChanges } from "./field-changes.tsx";

export interface HistoryTimelineProps {
  readonly subject: HistorySubject;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Shows the object as it was right after an event. */
  readonly onShowVersion: (at: string) => void;
}

/** The events of an object, by day. */
export function HistoryTimeline({ subject, entries, onShowVersion }: HistoryTimelineProps) {
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
