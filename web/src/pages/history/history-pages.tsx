import { Button, DescriptionList, Flex, Label, PageSection, Stack } from "@patternfly/react-core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { accountQuery, userQuery } from "../../api/accounts.ts";
import { isNotFound } from "../../api/api-problem.ts";
import { applicationName, applicationQuery } from "../../api/applications.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { type HistorySubject, historyQuery } from "../../api/history.ts";
import { useManagement } from "../../api/management-client.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { ActionMenu } from "../../components/action-menu.tsx";
import { EraseDialog } from "../../components/erase-dialog.tsx";
import { Fact } from "../../components/facts.tsx";
import { ObjectHistory } from "../../components/history/object-history.tsx";
import { AccountTabs, ApplicationTabs } from "../../components/history/object-tabs.tsx";
import { Name, StateLabel } from "../../components/labels.tsx";
import { objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { useUserMenu } from "../../components/users-table.tsx";

const accountRoute = getRouteApi("/accounts/$id/history");
const applicationRoute = getRouteApi("/accounts/$accountId/applications/$id/history");
const userRoute = getRouteApi("/accounts/$accountId/users/$id");

export function AccountHistoryPage() {
  const id = Number(accountRoute.useParams().id);
  const search = accountRoute.useSearch();
  const navigate = useNavigate();
  const subject: HistorySubject = { kind: "account", id };
  const query = useQuery(accountQuery(useManagement(), id));
  const { title, deleted, isErased } = useTitle(subject, query, useCurrentData(query)?.org_name, "Account");
  return (
    <>
      <PageHeader
        title={title}
        breadcrumb={<PageBreadcrumb to="/accounts" list="Accounts" current={title} />}
        actions={
          deleted && (
            <Flex>
              {deleted}
              {isErased ? <Label>Erased on request</Label> : <EraseDeletedAccount id={id} />}
            </Flex>
          )
        }
      />
      <AccountTabs id={id} current="History" />
      <PageSection isFilled>
        <ObjectHistory
          subject={subject}
          search={search}
          onSearch={(changed) =>
            void navigate({ to: "/accounts/$id/history", params: { id: String(id) }, search: changed })
          }
        />
      </PageSection>
    </>
  );
}

/** Erases the data of a deleted account, which has no other page. */
function EraseDeletedAccount({ id }: { id: number }) {
  const [isOpen, setOpen] = useState(false);
  if (!mayAdminister(useSession())) return null;
  const close = (): void => setOpen(false);
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setOpen(true)}>
        Erase personal data
      </Button>
      {isOpen && (
        <EraseDialog subject={{ account_id: id }} name={`account ${id}`} isDeleted onDone={close} onClose={close} />
      )}
    </>
  );
}

export function ApplicationHistoryPage() {
  const params = applicationRoute.useParams();
  const search = applicationRoute.useSearch();
  const navigate = useNavigate();
  const key = { accountId: Number(params.accountId), id: Number(params.id) };
  const subject: HistorySubject = { kind: "application", id: key.id };
  const query = useQuery(applicationQuery(useManagement(), key));
  const application = useCurrentData(query);
  const { title, deleted } = useTitle(subject, query, application && applicationName(application), "Application");
  return (
    <>
      <PageHeader
        title={title}
        breadcrumb={<PageBreadcrumb to="/applications" list="Applications" current={title} />}
        actions={deleted}
      />
      <ApplicationTabs {...key} current="History" />
      <PageSection isFilled>
        <ObjectHistory
          subject={subject}
          search={search}
          onSearch={(changed) =>
            void navigate({ to: "/accounts/$accountId/applications/$id/history", params, search: changed })
          }
        />
      </PageSection>
    </>
  );
}

/** A user of an account: the facts, the actions of the account's list of users, and the history. */
export function UserPage() {
  const params = userRoute.useParams();
  const search = userRoute.useSearch();
  const navigate = useNavigate();
  const key = { accountId: Number(params.accountId), id: Number(params.id) };
  const subject: HistorySubject = { kind: "user", id: key.id };
  const query = useQuery(userQuery(useManagement(), key));
  const user = useCurrentData(query);
  const { title, deleted } = useTitle(subject, query, user?.username, "User");
  const { itemsFor, isBusy, dialogs } = useUserMenu(key.accountId);
  return (
    <>
      <PageHeader
        title={title}
        breadcrumb={
          <PageBreadcrumb to="/accounts" list="Accounts" parent={<AccountLink id={key.accountId} />} current={title} />
        }
        actions={user ? <ActionMenu actions={itemsFor(user)} isBusy={isBusy} /> : deleted}
      />
      <PageSection isFilled>
        <Stack hasGutter>
          <SectionCard title="User">
            <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
              <Fact term="Account">
                <AccountLink id={key.accountId} />
              </Fact>
              {user && (
                <>
                  <Fact term="State">
                    <StateLabel state={user.state} />
                  </Fact>
                  <Fact term="Email">{user.email || <span className="bellwire-subtle">None</span>}</Fact>
                  <Fact term="Role">{user.role === "admin" ? "Admin" : "Member"}</Fact>
                  <Fact term="Created">
                    <When at={user.created_at} isExact />
                  </Fact>
                  <Fact term="Updated">
                    <When at={user.updated_at} isExact />
                  </Fact>
                </>
              )}
            </DescriptionList>
          </SectionCard>
          <SectionCard title="History">
            <ObjectHistory
              subject={subject}
              search={search}
              onSearch={(changed) => void navigate({ to: "/accounts/$accountId/users/$id", params, search: changed })}
            />
          </SectionCard>
        </Stack>
      </PageSection>
      {dialogs}
    </>
  );
}

function AccountLink({ id }: { id: number }) {
  const { data: account } = useQuery(accountQuery(useManagement(), id));
  return (
    <Link to="/accounts/$id" params={{ id: String(id) }}>
      <Name>{account?.org_name ?? `Account ${id}`}</Name>
    </Link>
  );
}

/**
 * Returns the name of an object, for a deleted one its last name in the history and a label for that case, or that it was not found if
 * it has no history either.
 */
function useTitle(subject: HistorySubject, query: { error: unknown }, name: string | undefined, noun: string) {
  const history = useInfiniteQuery(historyQuery(useApi(), subject, {}));
  const last = history.data?.pages.flatMap((page) => page.data).find(({ object_id }) => object_id === subject.id);
  const isDeleted = isNotFound(query.error) && last !== undefined;
  return {
    title: name ?? (isDeleted ? last.object_name : undefined) ?? objectTitle(history, noun, undefined),
    deleted: isDeleted && <Label status="warning">Deleted</Label>,
    isErased: last !== undefined && last.erased_at !== null,
  };
}
