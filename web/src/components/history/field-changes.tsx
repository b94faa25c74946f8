import { ExpandableSection, Label } from "@patternfly/react-core";
import MinusIcon from "@patternfly/react-icons/dist/esm/icons/minus-icon";
import PencilAltIcon from "@patternfly/react-icons/dist/esm/icons/pencil-alt-icon";
import PlusIcon from "@patternfly/react-icons/dist/esm/icons/plus-icon";
import { type ReactNode, useState } from "react";
import type { FieldChange, HistoryEntry } from "../../api/history.ts";
import { type ListColumn, ListTable } from "../list-table.tsx";

const kinds = {
  added: { text: "Added", color: "green", icon: <PlusIcon /> },
  removed: { text: "Removed", color: "red", icon: <MinusIcon /> },
  changed: { text: "Changed", color: "blue", icon: <PencilAltIcon /> },
} as const;

/** The changed fields of an event: its own, and on request the ones that only differ from the version before. */
export function FieldChanges({ entry }: { entry: HistoryEntry }) {
  const { type, changes, changes_total } = entry;
  const [direct, others] = [changes.filter((change) => change.direct), changes.filter((change) => !change.direct)];
  const hidden = changes_total - changes.length;
  // A creation or deletion concerns every field.
  const isWhole = type.endsWith(".created") || type.endsWith(".deleted");
  return (
    <>
      {direct.length > 0 &&
        (isWhole ? (
          <OnRequest text={`${direct.length} ${direct.length === 1 ? "field" : "fields"}`}>
            <ChangesTable changes={direct} />
          </OnRequest>
        ) : (
          <ChangesTable changes={direct} />
        ))}
      {others.length > 0 && (
        <OnRequest text={`Also different from the version before: ${others.length}`}>
          <ChangesTable changes={others} />
        </OnRequest>
      )}
      {hidden > 0 && <p className="bellwire-subtle">{hidden} more changes are in the API.</p>}
    </>
  );
}

/** A part of an entry that is closed at first. */
function OnRequest({ text, children }: { text: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection toggleText={text} isExpanded={isOpen} onToggle={(_, opened) => setOpen(opened)} isIndented>
      {isOpen && children}
    </ExpandableSection>
  );
}

const columns: readonly ListColumn<FieldChange>[] = [
  {
    title: "Field",
    show: ({ field, label }) => <span title={field}>{label}</span>,
    place: "title",
    isName: true,
    width: 25,
  },
  {
    title: "Change",
    show: ({ kind }) => (
      <Label isCompact variant="outline" color={kinds[kind].color} icon={kinds[kind].icon}>
        {kinds[kind].text}
      </Label>
    ),
    place: "state",
  },
  {
    title: "Before",
    show: (change) => <ChangeSide change={change} side="before" />,
    place: "text",
    isName: true,
    width: 30,
  },
  {
    title: "After",
    show: (change) => <ChangeSide change={change} side="after" />,
    place: "below",
    isName: true,
    width: 30,
  },
];

const ChangesTable = ({ changes }: { changes: readonly FieldChange[] }) => (
  <div className="bellwire-changes">
    <ListTable
      label="Changed fields"
      rows={changes}
      columns={columns}
      keyOf={(change) => `${change.field} ${JSON.stringify(change.after ?? change.before)}`}
    />
  </div>
);

function ChangeSide({ change, side }: { change: FieldChange; side: "before" | "after" }) {
  const value = change[side];
  if (value === undefined && change.masked && change.kind === "changed") return <Subtle>Hidden</Subtle>;
  if (value === undefined) return <Subtle>–</Subtle>;
  if (value === null && change.masked) return <Subtle>Hidden</Subtle>;
  const text = <FieldText value={value} />;
  return side === "before" ? (
    <del className="bellwire-before">{text}</del>
  ) : (
    <ins className="bellwire-after">{text}</ins>
  );
}

const Subtle = ({ children }: { children: string }) => <span className="bellwire-subtle">{children}</span>;

/** Shows the value of a field. A listed object, such as a plan, is shown by its name. */
export function FieldText({ value }: { value: unknown }) {
  return <bdi className="bellwire-field-text">{describeValue(value)}</bdi>;
}

/** Returns the text for a value of a document. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === "") return "Empty";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.length > 0 ? value.map(describeValue).join(", ") : "Empty list";
  const fields = new Map<string, unknown>(Object.entries(value));
  const name = ["username", "org_name", "name"]
    .map((field) => fields.get(field))
    .find((text) => typeof text === "string");
  return typeof name === "string"
    ? name
    : [...fields].map(([field, content]) => `${field}: ${describeValue(content)}`).join("\n");
}
