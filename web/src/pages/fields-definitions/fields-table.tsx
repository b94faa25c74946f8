import { Label, LabelGroup } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { FieldsDefinition } from "../../api/management/fields-definition-queries.ts";
import { RowActions } from "../../components/row-actions.tsx";
import { isAlwaysThere } from "./always-there.ts";

export interface FieldsTableProps {
  readonly label: string;
  readonly definitions: readonly FieldsDefinition[];
  readonly onEdit: (definition: FieldsDefinition) => void;
  readonly onDelete: (definition: FieldsDefinition) => void;
  /** `position` counts from 1, among those of the same target. */
  readonly onMove: (definition: FieldsDefinition, position: number) => void;
  readonly isBusy: boolean;
}

export function FieldsTable({ label, definitions, onEdit, onDelete, onMove, isBusy }: FieldsTableProps) {
  const ordered = definitions.toSorted((a, b) => a.position - b.position);
  const itemsFor = (definition: FieldsDefinition, place: number) => [
    { title: "Edit", onClick: () => onEdit(definition) },
    ...(place > 0 ? [{ title: "Move up", onClick: () => onMove(definition, place) }] : []),
    ...(place < ordered.length - 1 ? [{ title: "Move down", onClick: () => onMove(definition, place + 2) }] : []),
    ...(isAlwaysThere(definition) ? [] : [{ title: "Delete", isDanger: true, onClick: () => onDelete(definition) }]),
  ];
  return (
    <Table aria-label={`Fields of ${label}`} variant="compact">
      <Thead>
        <Tr>
          <Th>Label</Th>
          <Th>Name</Th>
          <Th>Rules</Th>
          <Th>Choices</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {ordered.map((definition, place) => (
          <Tr key={definition.id}>
            <Td dataLabel="Label" modifier="breakWord">
              {definition.label}
            </Td>
            <Td dataLabel="Name" modifier="breakWord">
              <span className="bellwire-mono">{definition.name}</span>
            </Td>
            <Td dataLabel="Rules">{rulesOf(definition) || "None"}</Td>
            <Td dataLabel="Choices" modifier="breakWord">
              <Choices of={definition} />
            </Td>
            <Td isActionCell>
              <RowActions of={definition.label} isDisabled={isBusy} items={itemsFor(definition, place)} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** Each for itself: a choice may have commas in it. */
const Choices = ({ of: { label, choices } }: { of: FieldsDefinition }) =>
  choices.length === 0 ? (
    "Any text"
  ) : (
    <LabelGroup numLabels={5} aria-label={`Choices of ${label}`}>
      {choices.map((choice) => (
        <Label key={choice} isCompact>
          {choice}
        </Label>
      ))}
    </LabelGroup>
  );

const rulesOf = ({ required, hidden, read_only }: FieldsDefinition): string =>
  [required && "required", hidden && "hidden", read_only && "read only"].filter(Boolean).join(", ");
