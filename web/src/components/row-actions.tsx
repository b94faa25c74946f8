import { MenuToggle, type MenuToggleElement } from "@patternfly/react-core";
import EllipsisVIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { ActionsColumn, type ActionsColumnProps, type CustomActionsToggleProps } from "@patternfly/react-table";
import { useRef } from "react";

export interface RowActionsProps {
  /** What the row is called: whoever cannot see it hears whose actions these are. */
  readonly of: string;
  readonly items: ActionsColumnProps["items"];
  readonly isDisabled?: boolean;
}

/** The menu at the end of a table's row. PatternFly's own names each of them "Kebab toggle". */
export function RowActions({ of, items, isDisabled = false }: RowActionsProps) {
  const shown = useRef<MenuToggleElement>(null);
  const toggle = ({ toggleRef, isOpen, onToggle }: CustomActionsToggleProps) => (
    <MenuToggle
      ref={(element: MenuToggleElement | null) => {
        shown.current = element;
        if (typeof toggleRef === "function") toggleRef(element);
        else if (toggleRef) toggleRef.current = element;
      }}
      aria-label={`Actions of ${of}`}
      variant="plain"
      icon={<EllipsisVIcon />}
      isExpanded={isOpen}
      isDisabled={isDisabled}
      onClick={onToggle}
    />
  );
  // The menu closes with what is chosen. A dialog that opens then gives the keyboard back to where it was before.
  const focusing: ActionsColumnProps["items"] = items.map(({ onClick, ...item }) => ({
    ...item,
    onClick: (...about) => {
      shown.current?.focus();
      onClick?.(...about);
    },
  }));
  return <ActionsColumn items={focusing} actionsToggle={toggle} />;
}
