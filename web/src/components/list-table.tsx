import { Checkbox } from "@patternfly/react-core";
import { Table, Tbody, Td, type TdProps, Th, Thead, Tr } from "@patternfly/react-table";
import { type ReactNode, useMemo } from "react";
import { RowActions, type RowActionsProps } from "./action-menu.tsx";
import "./list-table.css";

/**
 * The place of a column where the table is too narrow for columns. Each row has two lines there: the title with the state
 * and a value at its end; below it up to two details, or a text that wraps, with the time or the like at the end. A third
 * line is for columns that have no limit.
 */
type NarrowPlace = "title" | "state" | "value" | "start" | "middle" | "text" | "end" | "below";

export interface ListColumn<Row> {
  readonly title: string;
  readonly show: (row: Row) => ReactNode;
  /** Columns without a place are hidden where the table is narrow. */
  readonly place?: NarrowPlace;
  /** The value needs the title of its column where the table is narrow: "Requests: 12". */
  readonly isLabelled?: boolean;
  /** User-chosen names: a long word must break instead of pushing other columns off the screen. */
  readonly isName?: boolean;
  readonly width?: NonNullable<TdProps["width"]>;
  /** Hidden where the other columns need the room, for example on a small laptop. */
  readonly isExtra?: boolean;
}

/** The keys of the selected rows. */
export interface RowSelection<Key> {
  readonly has: (key: Key) => boolean;
  /** The same function in each render. */
  readonly onTick: (keys: readonly Key[], isTicked: boolean) => void;
}

export interface ListTableProps<Row, Key extends string | number> {
  /** The accessible name of the table: "Accounts". */
  readonly label: string;
  readonly rows: readonly Row[];
  /** Present rows render again with each new array, so long lists keep theirs. */
  readonly columns: readonly ListColumn<Row>[];
  readonly keyOf: (row: Row) => Key;
  /** Names a row for screen readers, for its checkbox and its menu. Default: by its place, which changes with each new row above. */
  readonly nameOf?: (row: Row) => string;
  /** Adds a column of checkboxes. */
  readonly selection?: RowSelection<Key> | undefined;
  /** Adds a menu to each row that has actions. Present menus render again with each new function, so long lists keep theirs. */
  readonly actionsOf?: ((row: Row) => RowActionsProps["items"]) | undefined;
  /** Disables the actions while a request runs. */
  readonly isBusy?: boolean;
  /** The row whose action runs. */
  readonly busyKey?: Key | undefined;
  readonly classOf?: (row: Row) => string;
}

/** A table of objects, with rows of two lines where it is narrow. */
export function ListTable<Row, Key extends string | number>(props: ListTableProps<Row, Key>) {
  const { label, rows, columns, keyOf, nameOf, selection, actionsOf, isBusy = false, busyKey, classOf } = props;
  return (
    <div className="bellwire-rows">
      <Table aria-label={label} variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            {selection && <SelectAllCell selection={selection} keys={rows.map(keyOf)} noun={label.toLowerCase()} />}
            {columns.map(({ title, width, isExtra = false }) => (
              <Th key={title} modifier="nowrap" className={isExtra ? extraClass : ""} {...(width && { width })}>
                {title}
              </Th>
            ))}
            {actionsOf && <Th screenReaderText="Actions" />}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row, index) => (
            <ListRow
              key={keyOf(row)}
              row={row}
              place={index + 1}
              rowKey={keyOf(row)}
              nameOf={nameOf}
              columns={columns}
              className={classOf?.(row) ?? ""}
              isSelected={selection?.has(keyOf(row))}
              onTick={selection?.onTick}
              actionsOf={actionsOf}
              isBusy={isBusy}
              isRunning={keyOf(row) === busyKey}
            />
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

interface ListRowProps<Row, Key> extends Pick<MenuCellProps<Row>, "row" | "isBusy" | "isRunning"> {
  /** From 1. */
  readonly place: number;
  readonly nameOf: ((row: Row) => string) | undefined;
  readonly rowKey: Key;
  readonly columns: readonly ListColumn<Row>[];
  readonly className: string;
  /** Undefined in a table without checkboxes. */
  readonly isSelected: boolean | undefined;
  readonly onTick: RowSelection<Key>["onTick"] | undefined;
  /** Undefined in a table without a column of menus. */
  readonly actionsOf: MenuCellProps<Row>["actionsOf"] | undefined;
}

/**
 * A row. Its parts render only if their properties change: rendering a thousand rows takes a second. The cells are apart from the
 * checkbox, which may be named by the place of the row.
 */
function ListRow<Row, Key extends string | number>(props: ListRowProps<Row, Key>) {
  const { row, place, rowKey, nameOf, columns, className, isSelected, onTick, actionsOf, isBusy, isRunning } = props;
  const ownName = useMemo(() => (nameOf ? nameOf(row) : undefined), [row, nameOf]);
  const name = ownName ?? `row ${place}`;
  const cells = useMemo(
    () => columns.map((column) => <ListCell key={column.title} column={column} row={row} />),
    [row, columns],
  );
  return useMemo(
    () => (
      <Tr className={className}>
        {onTick && <SelectCell rowKey={rowKey} name={name} isSelected={isSelected === true} onTick={onTick} />}
        {cells}
        {actionsOf && <MenuCell row={row} name={name} actionsOf={actionsOf} isBusy={isBusy} isRunning={isRunning} />}
      </Tr>
    ),
    [row, rowKey, name, cells, className, isSelected, onTick, actionsOf, isBusy, isRunning],
  );
}

function ListCell<Row>({ column, row }: { column: ListColumn<Row>; row: Row }) {
  return (
    <Td dataLabel={column.title} className={classNameOf(column)} {...(column.isName && { modifier: "breakWord" })}>
      {column.show(row)}
    </Td>
  );
}

interface MenuCellProps<Row> {
  readonly row: Row;
  readonly name: string;
  readonly actionsOf: (row: Row) => RowActionsProps["items"];
  readonly isBusy: boolean;
  readonly isRunning: boolean;
}

function MenuCell<Row>({ row, name, actionsOf, isBusy, isRunning }: MenuCellProps<Row>) {
  const items = actionsOf(row);
  return (
    <Td isActionCell className="bellwire-at-actions">
      {items.length > 0 && <RowActions of={name} isDisabled={isBusy} isRunning={isRunning} items={items} />}
    </Td>
  );
}

interface Placed {
  readonly place?: NarrowPlace;
  readonly isLabelled?: boolean;
  readonly isExtra?: boolean;
}

const extraClass = "bellwire-extra";

const classNameOf = ({ place, isLabelled = false, isExtra = false }: Placed): string =>
  `bellwire-at-${place ?? "none"}${isLabelled ? " bellwire-labelled" : ""}${isExtra ? ` ${extraClass}` : ""}`;

const checkClass = "pf-v6-c-table__check bellwire-at-select";

interface SelectAllCellProps<Key> {
  readonly selection: RowSelection<Key>;
  readonly keys: readonly Key[];
  /** The plural of the rows: "accounts". */
  readonly noun: string;
}

/** Selects or deselects every row of the page. */
function SelectAllCell<Key>({ selection: { has, onTick }, keys, noun }: SelectAllCellProps<Key>) {
  const count = keys.filter(has).length;
  const isChecked = count === keys.length || (count > 0 && null);
  return (
    <Th className={checkClass}>
      <Checkbox
        id="tick-all"
        aria-label={`Select all ${noun} on this page`}
        isChecked={isChecked}
        onChange={(_, isTicked) => onTick(keys, isTicked)}
      />
    </Th>
  );
}

interface SelectCellProps<Key> {
  readonly rowKey: Key;
  readonly name: string;
  readonly isSelected: boolean;
  readonly onTick: RowSelection<Key>["onTick"];
}

const SelectCell = <Key extends string | number>({ rowKey, name, isSelected, onTick }: SelectCellProps<Key>) => (
  <Td className={checkClass}>
    <Checkbox
      id={`tick-${rowKey}`}
      aria-label={`Select ${name}`}
      isChecked={isSelected}
      onChange={(_, isTicked) => onTick([rowKey], isTicked)}
    />
  </Td>
);
