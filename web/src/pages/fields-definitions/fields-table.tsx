import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { FieldsDefinition } from "../../api/management/fields-definition-queries.ts";
import { RowActions } from "../../components/row-actions.tsx";

export interface FieldsTableProps {
  readonly label: string;
  readonly definitions: readonly FieldsDefinition[];
  readonly onEdit: (definition: FieldsDefinition) => void;
  readonly onDelete: (definition: FieldsDefinition) => void;
}

export function FieldsTable({ label, definitions, onEdit, onDelete }: FieldsTableProps) {
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
        {definitions
          .toSorted((a, b) => a.position - b.position)
          .map((definition) => (
            <Tr key={definition.id}>
              <Td dataLabel="Label">{definition.label}</Td>
              <Td dataLabel="Name">
                <span className="bellwire-mono">{definition.name}</span>
              </Td>
              <Td dataLabel="Rules">{rulesOf(definition) || "None"}</Td>
              <Td dataLabel="Choices">{definition.choices?.join(", ") || "Any text"}</Td>
              <Td isActionCell>
                <RowActions
                  of={definition.label}
                  items={[
                    { title: "Edit", onClick: () => onEdit(definition) },
                    { title: "Delete", isDanger: true, onClick: () => onDelete(definition) },
                  ]}
                />
              </Td>
            </Tr>
          ))}
      </Tbody>
    </Table>
  );
}

const rulesOf = ({ required, hidden, read_only }: FieldsDefinition): string =>
  [required && "required", hidden && "hidden", read_only && "read only"].filter(Boolean).join(", ");
