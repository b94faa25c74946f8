import {
  Button,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import InboxIcon from "@patternfly/react-icons/dist/esm/icons/inbox-icon";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CopyText } from "../../components/copy-text.tsx";
import { useApi } from "../../api/bellwire-client.ts";
import { type Bin, binsQuery } from "../../api/endpoints.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { ChangeBinDialog, describeAnswer, useBinActions } from "./bin-actions.tsx";

export function RequestBinsPage() {
  const query = useQuery(binsQuery(useApi()));
  const { create } = useBinActions();
  const createButton = (
    <Button isLoading={create.isPending} isAriaDisabled={create.isPending} onClick={() => create.mutate()}>
      Create a bin
    </Button>
  );
  return (
    <>
      <PageHeader title="Request bins" actions={query.data?.length ? createButton : undefined}>
        A request bin is a receiver for tests. It shows any request, responds as you script it, compares requests,
        checks their signatures and forwards them.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="bins" />}>
          {(bins) =>
            bins.length > 0 ? (
              <BinsTable bins={bins} />
            ) : (
              <EmptyState titleText="No bins yet" icon={InboxIcon} headingLevel="h2">
                <EmptyStateBody>
                  Create a bin, enter its address as the URL of your webhooks, and watch the requests with headers, body
                  and signature.
                </EmptyStateBody>
                <EmptyStateFooter>
                  <EmptyStateActions>{createButton}</EmptyStateActions>
                </EmptyStateFooter>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}

export function BinsTable({ bins }: { bins: readonly Bin[] }) {
  const [toDelete, setToDelete] = useState<Bin>();
  const [toChange, setToChange] = useState<Bin>();
  const { remove } = useBinActions();
  return (
    <>
      <ListTable
        label="Request bins"
        rows={bins}
        columns={[nameColumn, responseColumn(setToChange), ...columns]}
        keyOf={({ id }) => id}
        nameOf={called}
        actionsOf={(bin) => [
          { title: "Change name, response or forward URL", onClick: () => setToChange(bin) },
          { title: "Delete", isDanger: true, onClick: () => setToDelete(bin) },
        ]}
      />
      {toChange && <ChangeBinDialog bin={toChange} onClose={() => setToChange(undefined)} />}
      {toDelete && (
        <ConfirmDialog
          title="Delete this bin?"
          confirm="Delete"
          isBusy={remove.isPending}
          onClose={() => setToDelete(undefined)}
          onConfirm={() => remove.mutate(toDelete.id, { onSuccess: () => setToDelete(undefined) })}
        >
          <Content component="p">This also deletes its requests. Further deliveries to this bin will fail.</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

const nameColumn: ListColumn<Bin> = {
  title: "Bin",
  show: ({ name, url }) => (
    <>
      {name !== "" && <Content component="p">{name}</Content>}
      <CopyText label={`Copy ${url}`}>{url}</CopyText>
    </>
  ),
  place: "title",
  isName: true,
};

const responseColumn = (onChange: (bin: Bin) => void): ListColumn<Bin> => ({
  title: "Response",
  show: (bin) => (
    <Button
      variant="link"
      isInline
      aria-label={`${describeAnswer(bin)}, change ${called(bin)}`}
      onClick={() => onChange(bin)}
    >
      {describeAnswer(bin)}
    </Button>
  ),
  place: "start",
  isLabelled: true,
});

const columns: readonly ListColumn<Bin>[] = [
  {
    title: "Requests",
    show: (bin) => (
      <Button
        component="a"
        variant="link"
        isInline
        href={bin.view_url}
        target="_blank"
        rel="noreferrer"
        aria-label={`Show requests of ${called(bin)}`}
      >
        Show requests ({bin.requests_caught.toLocaleString("en")})
      </Button>
    ),
    place: "end",
  },
  { title: "Created", show: ({ created_at }) => <When at={created_at} /> },
];

/** Names the bin for screen readers. */
const called = ({ name, url }: Bin): string => name || url;
