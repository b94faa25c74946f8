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
} from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import {
  type HistorySearch,
  type HistorySubject,
  type ObjectVersion,
  historyQuery,
  readHistorySearch,
  versionQuery,
} from "../../api/history.ts";
import { useSession } from "../../api/session.tsx";
import { Fact } from "../facts.tsx";
import { LoadMore, SelectFilter } from "../lists.tsx";
import { Loaded, TableSkeleton } from "../loaded.tsx";
import { SectionCard } from "../page-header.tsx";
import { describeMoment } from "../time.tsx";
import { dateInputValue, parseDateInput } from "../time-zone.ts";
import { FieldText } from "./field-changes.tsx";
import { HistoryTimeline } from "./history-timeline.tsx";
import "./history.css";

export interface ObjectHistoryProps {
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
  const [typed, setTyped] = useState(at ? dateInputValue(new Date(at), timeZone) : "");
  const moment = parseDateInput(typed, timeZone);
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
        value={typed}
        aria-describedby="version-zone"
        onChange={(_, value) => setTyped(value)}
      />
      <span id="version-zone" className="bellwire-subtle">
        {timeZone}
      </span>
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
