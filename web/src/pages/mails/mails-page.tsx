import {
  DataList,
  DataListCell,
  DataListContent,
  DataListItem,
  DataListItemCells,
  DataListItemRow,
  DataListToggle,
  EmptyState,
  EmptyStateBody,
  Flex,
  Label,
  PageSection,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import EnvelopeIcon from "@patternfly/react-icons/dist/esm/icons/envelope-icon";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Mail, type MailFilter, accountQuery, mailStates, mailsQuery } from "../../api/accounts.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { useSession } from "../../api/session.tsx";
import { TimeFilter } from "../../components/filters/time-filter.tsx";
import { ClearFilters, LoadMore, NoMatch, SelectFilter, ShownRows, TextFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { readMailSearch } from "../list-filters.ts";

const route = getRouteApi("/mails");

export function MailsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  // Merged with the address, which a change just before may have changed already.
  const narrow = (changed: Record<string, unknown>): void =>
    void navigate({ to: "/mails", search: (present: object) => readMailSearch({ ...present, ...changed }) });
  const clear = (): void => void navigate({ to: "/mails" });
  const query = useInfiniteQuery(mailsQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Emails">
        Emails to your developers, and to your team about alerts, changes and messages. Without a mail server
        (BELLWIRE_SMTP_URL), emails stay here, and their links still work.
      </PageHeader>
      <PageSection isFilled>
        <MailFilters filter={filter} onChange={narrow} onClear={clear} />
        <ShownRows filter={filter} query={query} nouns={["email", "emails"]} />
        <Loaded query={query} skeleton={<TableSkeleton of="emails" />}>
          {({ pages }) => {
            const mails = pages.flatMap((page) => page.data);
            if (mails.length > 0) return <MailList mails={mails} />;
            if (Object.keys(filter).length > 0) return <NoMatch row="email" query={query} onClear={clear} />;
            return (
              <EmptyState titleText="No emails yet" icon={EnvelopeIcon} headingLevel="h2">
                <EmptyStateBody>
                  Bellwire writes to developers about activations, invitations, new passwords and decisions about
                  accounts, and to your team about alerts, changes and messages.
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

const stateNames: Readonly<Record<Mail["state"], string>> = {
  sent: "Sent",
  waiting: "Waiting to be sent",
  failed: "Not sent, no more attempts",
};

interface MailFiltersProps {
  readonly filter: MailFilter;
  /** Receives the changed filters, not validated. */
  readonly onChange: (changed: Record<string, unknown>) => void;
  readonly onClear: () => void;
}

function MailFilters({ filter, onChange, onClear }: MailFiltersProps) {
  const { account_id } = filter;
  return (
    <Toolbar inset={{ default: "insetNone" }} className="bellwire-filter-bar">
      <ToolbarContent>
        <TextFilter label="Recipient or subject" value={filter.q} onChange={(q) => onChange({ q })} />
        <SelectFilter
          label="State"
          all="Every state"
          value={filter.state}
          options={mailStates.map((value) => ({ value, label: stateNames[value] }))}
          onChange={(state) => onChange({ state })}
        />
        <ToolbarItem>
          <TimeFilter filter={filter} onChange={onChange} />
        </ToolbarItem>
        {account_id !== undefined && (
          <ToolbarItem alignSelf="center">
            <AccountLabel id={account_id} onRemove={() => onChange({ account_id: undefined })} />
          </ToolbarItem>
        )}
        <ClearFilters filter={filter} onClear={onClear} />
      </ToolbarContent>
    </Toolbar>
  );
}

function AccountLabel({ id, onRemove }: { id: number; onRemove: () => void }) {
  const { data: account } = useQuery(accountQuery(useManagement(), id));
  const name = account ? nameInText(account.org_name) : String(id);
  return (
    <Label
      color="blue"
      textMaxWidth="min(24rem, 55vw)"
      onClose={onRemove}
      closeBtnAriaLabel={`Remove the filter Account: ${name}`}
    >
      Account: {name}
    </Label>
  );
}

export function MailList({ mails }: { mails: readonly Mail[] }) {
  return (
    <DataList aria-label="Emails" isCompact>
      {mails.map((mail) => (
        <MailRow key={mail.id} mail={mail} />
      ))}
    </DataList>
  );
}

function MailRow({ mail }: { mail: Mail }) {
  const [isOpen, setOpen] = useState(false);
  const [titleId, textId] = [`mail-${mail.id}`, `mail-${mail.id}-text`];
  return (
    <DataListItem aria-labelledby={titleId} isExpanded={isOpen}>
      <DataListItemRow>
        <DataListToggle
          id={`mail-${mail.id}-toggle`}
          aria-controls={textId}
          aria-label={`Read ${mail.subject}`}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        />
        <DataListItemCells
          dataListCells={[
            <DataListCell key="subject" width={3} wrapModifier="breakWord">
              <span id={titleId}>
                <Name>{mail.subject}</Name>
              </span>
              <div className="bellwire-subtle">
                to <Name>{mail.recipient}</Name>
              </div>
            </DataListCell>,
            <DataListCell key="state">
              <Flex justifyContent={{ default: "justifyContentSpaceBetween" }}>
                <MailState mail={mail} />
                <When at={mail.created_at} />
              </Flex>
            </DataListCell>,
          ]}
        />
      </DataListItemRow>
      <DataListContent id={textId} aria-label={mail.subject} isHidden={!isOpen}>
        <MailText text={mail.text} />
        {mail.last_error && <p className="bellwire-subtle">Error of the mail server: {mail.last_error}</p>}
      </DataListContent>
    </DataListItem>
  );
}

function MailState({ mail: { state, attempts_made } }: { mail: Mail }) {
  if (state === "sent") {
    return (
      <Label isCompact status="success">
        Sent
      </Label>
    );
  }
  if (attempts_made === 0) return <Label isCompact>Not sent</Label>;
  return state === "failed" ? (
    <Label isCompact status="danger">
      Failed
    </Label>
  ) : (
    <Label isCompact status="warning">
      Attempts: {attempts_made}
    </Label>
  );
}

/**
 * Turns lines with an address of one of the two portals into links. Text that developers wrote never becomes a link.
 */
export function MailText({ text }: { text: string }) {
  const portals = [useSession().developerPortalUrl, `${location.origin}/`];
  const isOurs = (part: string): boolean => portals.some((url) => part.startsWith(url));
  return (
    <p className="bellwiremail">
      {text.split(/^(https?:\S+)$/m).map((part) =>
        isOurs(part) ? (
          <a key={part} href={part} target="_blank" rel="noopener">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}
