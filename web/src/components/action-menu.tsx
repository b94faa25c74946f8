import {
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
  Spinner,
} from "@patternfly/react-core";
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
  /** Disables the items while a request runs. The menu keeps the focus. */
  readonly isBusy?: boolean;
}

/** The actions of the object that the page shows. Renders nothing without actions. */
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
      // On a phone the button may be at the start of a line, where the menu would begin beside the screen.
      popperProps={{ position: "end", preventOverflow: true }}
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
  /** The row's name, for the accessible name of the menu. */
  readonly of: string;
  readonly items: ActionsColumnProps["items"];
  /** Disables the items while a request runs. The menu keeps the focus. */
  readonly isDisabled?: boolean;
  /** True while an action of this row runs. */
  readonly isRunning?: boolean;
}

/** The menu at the end of a table row. PatternFly's own toggle is named "Kebab toggle" in every row. */
export function RowActions({ of, items, isDisabled = false, isRunning = false }: RowActionsProps) {
  const toggle = ({ toggleRef, isOpen, onToggle }: CustomActionsToggleProps) => (
    <MenuToggle
      ref={toggleRef}
      aria-label={`Actions for ${of}`}
      variant="plain"
      icon={isRunning ? <Spinner size="md" aria-label={`The action for ${of} is running`} /> : <EllipsisVIcon />}
      isExpanded={isOpen}
      onClick={onToggle}
    />
  );
  return (
    <ActionsColumn
      items={isDisabled ? items.map((item) => ({ ...item, isDisabled })) : items}
      actionsToggle={toggle}
      {...focusBack}
    />
  );
}

/**
 * A closed dialog returns the focus to the toggle, since the item that opened it is gone. The component's type lacks
 * the property.
 */
const focusBack: object = { shouldFocusToggleOnSelect: true };
