import {
  Button,
  DescriptionList,
  EmptyState,
  EmptyStateBody,
  Flex,
  FlexItem,
  PageSection,
  Stack,
  Toolbar,
  ToolbarContent,
} from "@patternfly/react-core";
import EnvelopeIcon from "@patternfly/react-icons/dist/esm/icons/envelope-icon";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Message, messageQuery, messagesKey, messagesQuery } from "../../api/accounts.ts";
import { expectSuccess, refreshQueries, useApi } from "../../api/bellwire-client.ts";
import { mayChangePortal, useSession } from "../../api/session.tsx";
import { Fact } from "../../components/facts.tsx";
import { Name } from "../../components/labels.tsx";
import { LoadMore, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { DeleteMessageDialog, MessageTable, SendMessageDialog, isUnread } from "../../components/messages.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";

const listRoute = getRouteApi("/messages");

const boxes = [
  { value: "unread", label: "Received and not read" },
  { value: "sent", label: "Sent" },
] as const;

/** The messages from accounts, unread ones first, or to accounts. */
export function MessagesPage() {
  const { box } = listRoute.useSearch();
  const navigate = useNavigate();
  const query = useInfiniteQuery(messagesQuery(useApi(), box));
  return (
    <>
      <PageHeader title="Messages">
        What developers have written to you in the Developer Portal, and what you have written to them. To write to an
        account, open its page.
      </PageHeader>
      <PageSection isFilled>
        <Toolbar inset={{ default: "insetNone" }} className="bellwire-filter-bar">
          <ToolbarContent>
            <SelectFilter
              label="Messages"
              all="Received"
              value={box}
              options={boxes}
              onChange={(chosen) => void navigate({ to: "/messages", search: chosen ? { box: chosen } : {} })}
            />
          </ToolbarContent>
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton of="messages" />}>
          {({ pages }) => {
            const messages = pages.flatMap(({ data }) => data);
            return messages.length > 0 ? <MessageTable messages={messages} of="accounts" /> : <NoMessages box={box} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}

const NoMessages = ({ box }: { box: string | undefined }) => (
  <EmptyState
    titleText={box === "unread" ? "You have read all messages" : "No messages yet"}
    icon={EnvelopeIcon}
    headingLevel="h2"
  >
    <EmptyStateBody>
      {box === "sent"
        ? "Send one from the page of an account, or with the Account Management API."
        : "Developers write to you on the page Messages of the Developer Portal."}
    </EmptyStateBody>
  </EmptyState>
);

const route = getRouteApi("/messages/$id");
const back = { to: "/messages", label: "Go to the messages" } as const;

export function MessagePage() {
  const id = Number(route.useParams().id);
  const query = useQuery(messageQuery(useApi(), id));
  const message = useCurrentData(query);
  const title = objectTitle(query, "Message", message?.subject);
  useMarkRead(message);
  return (
    <>
      <PageHeader
        title={title}
        breadcrumb={<PageBreadcrumb to="/messages" list="Messages" current={title} />}
        actions={message && <MessageActions message={message} />}
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the message" />} back={back}>
          {(loaded) => (
            <Stack hasGutter>
              <SectionCard title="Details">
                <MessageFacts message={loaded} />
              </SectionCard>
              <SectionCard title="Message">
                <p className="bellwiremail">{loaded.body}</p>
              </SectionCard>
            </Stack>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

/** Marks an opened message as read, for all users of the provider. */
function useMarkRead(message: Message | undefined): void {
  const api = useApi();
  const client = useQueryClient();
  const mayChange = mayChangePortal(useSession());
  const id = message && mayChange && isUnread(message) ? message.id : undefined;
  useEffect(() => {
    if (id === undefined) return;
    // A failure leaves it unread, which the list shows.
    void expectSuccess(api.POST("/api/v1/messages/{id}/read", { params: { path: { id } } }))
      .then(() => refreshQueries(client, [messagesKey]))
      .catch(() => undefined);
  }, [api, client, id]);
}

function MessageActions({ message }: { message: Message }) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<"answer" | "delete">();
  const close = (): void => setOpen(undefined);
  if (!mayChangePortal(useSession())) return null;
  const { account_id: id, org_name, subject } = message;
  return (
    <Flex>
      <FlexItem>
        <Button variant="primary" onClick={() => setOpen("answer")}>
          {message.sender === "account" ? "Answer" : "Write again"}
        </Button>
      </FlexItem>
      <FlexItem>
        <Button variant="secondary" isDanger onClick={() => setOpen("delete")}>
          Delete
        </Button>
      </FlexItem>
      {open === "answer" && (
        <SendMessageDialog account={{ id, org_name }} subject={answerTo(subject)} onClose={close} />
      )}
      {open === "delete" && (
        <DeleteMessageDialog message={message} onClose={close} onDeleted={() => navigate({ to: "/messages" })} />
      )}
    </Flex>
  );
}

const subjectMax = 255;

/** Returns the subject of an answer. */
const answerTo = (subject: string): string =>
  /^re: /i.test(subject) ? subject : `Re: ${subject}`.slice(0, subjectMax);

function MessageFacts({ message }: { message: Message }) {
  const { sender, account_id, org_name, author, read_at, created_at } = message;
  const account = (
    <Link to="/accounts/$id" params={{ id: String(account_id) }}>
      <Name>{org_name}</Name>
    </Link>
  );
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term={sender === "account" ? "From" : "To"}>{account}</Fact>
      {author && (
        <Fact term="Written by">
          <Name>{author}</Name>
        </Fact>
      )}
      <Fact term="Sent">
        <When at={created_at} isExact />
      </Fact>
      <Fact term={sender === "account" ? "First read by your team" : "Read by the account"}>
        {read_at === null ? "Not yet" : <When at={read_at} isExact />}
      </Fact>
    </DescriptionList>
  );
}
