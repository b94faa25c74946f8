import { NavItem } from "@patternfly/react-core";
import { Link, useLocation, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

export interface NavLinkProps {
  readonly to: NonNullable<LinkProps["to"]>;
  /** False on a page that lies below this place and belongs to another one. */
  readonly isAlsoAt?: boolean;
  readonly groupId?: string;
  readonly children: ReactNode;
}

/** A place of the navigation, marked on its page and on the pages below that. */
export function NavLink({ to, isAlsoAt = true, groupId, children }: NavLinkProps) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isHere = isAlsoAt && (path === to || path.startsWith(`${to}/`));
  return (
    <NavItem isActive={isHere} {...(groupId && { groupId })}>
      <Link to={to}>{children}</Link>
    </NavItem>
  );
}
