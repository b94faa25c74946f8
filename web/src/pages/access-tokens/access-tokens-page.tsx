import { Button, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { accessTokensQuery } from "../../api/management/access-token-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { AccessTokensTable } from "./access-tokens-table.tsx";
import { CreateTokenDialog } from "./create-token-dialog.tsx";

export function AccessTokensPage() {
  const query = useQuery(accessTokensQuery(useManagement()));
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader title="Access tokens" actions={<Button onClick={() => setCreating(true)}>Create a token</Button>}>
        A program that calls the APIs with a token of yours acts as you. Only your own tokens are listed.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="tokens" />}>
          {(tokens) =>
            tokens.length > 0 ? (
              <AccessTokensTable tokens={tokens} />
            ) : (
              <EmptyState titleText="You have no access tokens" icon={KeyIcon} headingLevel="h2">
                <EmptyStateBody>Make one for each program, so that each can be stopped on its own.</EmptyStateBody>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <CreateTokenDialog onClose={() => setCreating(false)} />}
    </>
  );
}
