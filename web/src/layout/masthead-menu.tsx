import { Dropdown, MenuToggle, type MenuToggleElement } from "@patternfly/react-core";
import { useState, type ReactNode, type Ref } from "react";

export interface MastheadMenuProps {
  readonly label: string;
  readonly icon: ReactNode;
  /** Beside the icon, where there is room. */
  readonly text?: ReactNode;
  readonly children: ReactNode;
}

export function MastheadMenu({ label, icon, text, children }: MastheadMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={ref}
      aria-label={label}
      icon={icon}
      variant={text ? "plainText" : "plain"}
      isExpanded={isOpen}
      onClick={() => setOpen(!isOpen)}
    >
      {text}
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
      {children}
    </Dropdown>
  );
}
