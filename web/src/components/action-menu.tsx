import { Dropdown, DropdownItem, DropdownList, MenuToggle, type MenuToggleElement } from "@patternfly/react-core";
import EllipsisVIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { ActionsColumn, type ActionsColumnProps, type CustomActionsToggleProps } from "@patternfly/react-table";
import { type Ref, useState } from "react";

export interface Action {
  readonly title: string;
  readonly onClick: () => void;
  readonly isDanger?: boolean;
}

export interface ActionMenuProps {
  readonly actions: readonly Action[];
  readonly label?: string;
  readonly isDisabled?: boolean;
  /** Something is under way: nothing can be chosen, while the menu keeps the focus that it may have. */
  readonly isBusy?: boolean;
}

/** What can be done to the thing that the page shows; without anything there is no menu. */
export function ActionMenu({ actions, label = "Actions", isDisabled = false, isBusy = false }: ActionMenuProps) {
  const [isOpen, setOpen] = useState(false);
  if (actions.length === 0) return null;
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle ref={ref} isExpanded={isOpen} isDisabled={isDisabled} onClick={() => setOpen(!isOpen)}>
      {label}
    </MenuToggle>
  );
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "end" }}
      toggle={toggle}
      shouldFocusToggleOnSelect
    >
      <DropdownList>
        {actions.map(({ title, onClick, isDanger = false }) => (
          <DropdownItem key={title} isDanger={isDanger} isDisabled={isBusy} onClick={onClick}>
            {title}
          </DropdownItem>
        ))}
      </DropdownList>
    </Dropdown>
  );
}

export interface RowActionsProps {
  /** What the row is called: whoever cannot see it hears whose actions these are. */
  readonly of: string;
  readonly items: ActionsColumnProps["items"];
  /** Something is under way: nothing can be chosen, while the menu keeps the focus that it may have. */
  readonly isDisabled?: boolean;
}

/** The menu at the end of a table's row. PatternFly's own names each of them "Kebab toggle". */
export function RowActions({ of, items, isDisabled = false }: RowActionsProps) {
  const toggle = ({ toggleRef, isOpen, onToggle }: CustomActionsToggleProps) => (
    <MenuToggle
      ref={toggleRef}
      aria-label={`Actions of ${of}`}
      variant="plain"
      icon={<EllipsisVIcon />}
      isExpanded={isOpen}
      onClick={onToggle}
    />
  );
  return (
    <ActionsColumn
      items={isDisabled ? items.map((it) => ({ ...it, isDisabled })) : items}
      actionsToggle={toggle}
      {...focusBack}
    />
  );
}

/** A dialog gives the focus back to where it was, and the item that opened it is gone then. Its type leaves the property out. */
const focusBack: object = { shouldFocusToggleOnSelect: true };
