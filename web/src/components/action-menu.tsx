import { Dropdown, DropdownItem, DropdownList, MenuToggle, type MenuToggleElement } from "@patternfly/react-core";
import { useState, type Ref } from "react";

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
