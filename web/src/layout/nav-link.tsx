import { NavItem } from "@patternfly/react-core";
import { Link, useLocation, type LinkProps } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";

import { mayOpen } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { showInSidebar } from "./show-in-sidebar.ts";

export interface NavLinkProps {
  readonly to: NonNullable<LinkProps["to"]>;
  /** Where a page below another place belongs to this one, or the other way round. */
  readonly isAt?: (path: string) => boolean;
  readonly groupId?: string;
  readonly children: ReactNode;
}

/** A place of the navigation, marked on its page and on the pages below that. One that is not open is not offered. */
export function NavLink({ to, isAt, groupId, children }: NavLinkProps) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isOpen = mayOpen(useSession(), to);
  const isHere = isAt?.(path) ?? (path === to || path.startsWith(`${to}/`));
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // The last places of the navigation are below the edge of a laptop's screen.
    if (isHere && link.current) showInSidebar(link.current);
  }, [isHere]);
  if (!isOpen) return null;
  return (
    <NavItem isActive={isHere} {...(groupId && { groupId })}>
      <Link to={to} ref={link}>
        {children}
      </Link>
    </NavItem>
  );
}
