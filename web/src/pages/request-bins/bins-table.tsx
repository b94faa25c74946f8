import { Button, ClipboardCopy, Content } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import type { Bin } from "../../api/bin-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { RowActions } from "../../components/row-actions.tsx";
import { When } from "../../components/when.tsx";
import { ChangeAnswerDialog } from "./change-answer-dialog.tsx";
import { describeAnswer } from "./describe-answer.ts";
import { useBinActions } from "./use-bin-actions.ts";

export function BinsTable({ bins }: { bins: readonly Bin[] }) {
  const [toDelete, setToDelete] = useState<Bin>();
  const [toChange, setToChange] = useState<Bin>();
  const { remove } = useBinActions();
  return (
    <>
      <Table aria-label="Request bins">
        <Thead>
          <Tr>
            <Th>URL</Th>
            <Th width={20}>Answers</Th>
            <Th>Created</Th>
            <Th screenReaderText="What it caught" />
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {bins.map((bin) => (
            <BinRow key={bin.id} bin={bin} onChange={() => setToChange(bin)} onDelete={() => setToDelete(bin)} />
          ))}
        </Tbody>
      </Table>
      {toChange && <ChangeAnswerDialog bin={toChange} onClose={() => setToChange(undefined)} />}
      {toDelete && (
        <ConfirmDialog
          title="Delete this bin?"
          confirm="Delete"
          isBusy={remove.isPending}
          onClose={() => setToDelete(undefined)}
          onConfirm={() => remove.mutate(toDelete.id, { onSuccess: () => setToDelete(undefined) })}
        >
          <Content component="p">What it caught goes with it, and what is still sent to it will fail.</Content>
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
      <Td dataLabel="URL">
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
      <Td dataLabel="Answers" modifier="nowrap">
        <Button
          variant="link"
          isInline
          aria-label={`${describeAnswer(bin)}, change the answer of ${bin.url}`}
          onClick={onChange}
        >
          {describeAnswer(bin)}
        </Button>
      </Td>
      <Td dataLabel="Created">
        <When at={bin.created_at} />
      </Td>
      <Td>
        <Button
          component="a"
          variant="secondary"
          size="sm"
          href={bin.view_url}
          target="_blank"
          rel="noreferrer"
          aria-label={`Watch ${bin.url}`}
        >
          Watch
        </Button>
      </Td>
      <Td isActionCell>
        <RowActions
          of={bin.url}
          items={[
            { title: "Change the answer", onClick: onChange },
            { title: "Delete", isDanger: true, onClick: onDelete },
          ]}
        />
      </Td>
    </Tr>
  );
}
