import { Button, Flex } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type User, usersQuery } from "../../api/accounts.ts";
import { useManagement } from "../../api/management-client.ts";
import { mayAdminister, useSession } from "../../api/session.tsx";
import { Name } from "../../components/labels.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton } from "../../components/page-header.tsx";
import { UsersTable, useUserMenu } from "../../components/users-table.tsx";

export function UserList({ accountId }: { accountId: number }) {
  const query = useQuery(usersQuery(useManagement(), accountId));
  const mayAdd = mayAdminister(useSession());
  const { itemsFor, isBusy, add, dialogs } = useUserMenu(accountId);
  const linkTo = ({ id, username }: User) => (
    <Link to="/accounts/$accountId/users/$id" params={{ accountId: String(accountId), id: String(id) }}>
      <Name>{username}</Name>
    </Link>
  );
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="users" />}>
        {(users) => (
          <InPortions rows={users}>
            {(shown) => <UsersTable label="Users" users={shown} isBusy={isBusy} linkTo={linkTo} itemsFor={itemsFor} />}
          </InPortions>
        )}
      </Loaded>
      {mayAdd && (
        <Flex>
          <Button variant="link" isInline onClick={add}>
            Add a user
          </Button>
          <LinkButton to="/mails" search={{ account_id: accountId }} variant="link" isInline>
            Emails about this account
          </LinkButton>
        </Flex>
      )}
      {dialogs}
    </>
  );
}
