import {
  Button,
  ClipboardCopy,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import InboxIcon from "@patternfly/react-icons/dist/esm/icons/inbox-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { type Bin, binsQuery } from "../../api/endpoints.ts";
import { RowActions } from "../../components/action-menu.tsx";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { ChangeBinDialog, describeAnswer, useBinActions } from "./bin-actions.tsx";

export function RequestBinsPage() {
  const query = useQuery(binsQuery(useApi()));
  const { create } = useBinActions();
  const createButton = (
    <Button isLoading={create.isPending} isDisabled={create.isPending} onClick={() => create.mutate()}>
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
      <Table aria-label="Request bins">
        <Thead>
          <Tr>
            <Th>Bin</Th>
            <Th>Response</Th>
            <Th>Requests received</Th>
            <Th>Created</Th>
            <Th screenReaderText="Requests" />
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {bins.map((bin) => (
            <BinRow key={bin.id} bin={bin} onChange={() => setToChange(bin)} onDelete={() => setToDelete(bin)} />
          ))}
        </Tbody>
      </Table>
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

interface BinRowProps {
  readonly bin: Bin;
  readonly onChange: () => void;
  readonly onDelete: () => void;
}

function BinRow({ bin, onChange, onDelete }: BinRowProps) {
  return (
    <Tr>
      <Td dataLabel="Bin" modifier="breakWord">
        {bin.name !== "" && <Content component="p">{bin.name}</Content>}
        <ClipboardCopy
          variant="inline-compact"
          isCode
          hoverTip="Copy"
          clickTip="Copied"
          copyAriaLabel={`Copy ${bin.url}`}
          className="bellwire-break"
        >
          {bin.url}
        </ClipboardCopy>
      </Td>
      <Td dataLabel="Response" modifier="nowrap">
        <Button variant="link" isInline aria-label={`${describeAnswer(bin)}, change ${called(bin)}`} onClick={onChange}>
          {describeAnswer(bin)}
        </Button>
      </Td>
      <Td dataLabel="Requests received">{bin.requests_caught.toLocaleString("en")}</Td>
      <Td dataLabel="Created">
        <When at={bin.created_at} />
      </Td>
      <Td dataLabel="Requests">
        <Button
          component="a"
          variant="secondary"
          size="sm"
          href={bin.view_url}
          target="_blank"
          rel="noreferrer"
          aria-label={`Show requests of ${called(bin)}`}
        >
          Show requests
        </Button>
      </Td>
      <Td isActionCell>
        <RowActions
          of={called(bin)}
          items={[
            { title: "Change name, response or forward URL", onClick: onChange },
            { title: "Delete", isDanger: true, onClick: onDelete },
          ]}
        />
      </Td>
    </Tr>
  );
}

/** Names the bin for screen readers. */
const called = ({ name, url }: Bin): string => name || url;
