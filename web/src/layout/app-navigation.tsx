import { Nav, NavExpandable, NavGroup, NavItem, NavList } from "@patternfly/react-core";
import { Link, type LinkProps, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { mayOpen, mayUseWebhooks, useSession } from "../api/session.tsx";

/** An application's path is below its account's. */
const isApplicationPath = (path: string): boolean => path.includes("/applications");

/** The navigation of the Admin Portal. */
export function AppNavigation({ onGo }: { onGo: () => void }) {
  return (
    <Nav aria-label="Admin Portal" onSelect={onGo}>
      <NavList>
        <NavLink to="/" isAt={(path) => path === "/"}>
          Start
        </NavLink>
      </NavList>
      <NavSection title="Developers" of={["/accounts", "/applications", "/mails"]}>
        <NavLink to="/accounts" isAt={(path) => path.startsWith("/accounts") && !isApplicationPath(path)}>
          Accounts
        </NavLink>
        <NavLink to="/applications" isAt={isApplicationPath}>
          Applications
        </NavLink>
        <NavLink to="/mails">Mails</NavLink>
      </NavSection>
      <NavSection title="Products" of={["/products", "/account-plans", "/fields-definitions"]}>
        <NavLink to="/products">Products</NavLink>
        <NavLink to="/account-plans">Account plans</NavLink>
        <NavLink to="/fields-definitions">Fields definitions</NavLink>
      </NavSection>
      <NavSection title="Webhooks" of={["/deliveries", "/failures", "/events", "/bins"]}>
        <NavLink to="/deliveries">Deliveries</NavLink>
        <NavLink to="/failures">Failures</NavLink>
        <NavLink to="/events">Events</NavLink>
        <NavLink to="/bins">Request bins</NavLink>
      </NavSection>
      <AccountSettingsNavigation />
    </Nav>
  );
}

const isWebhooksPath = (path: string): boolean => /^\/webhooks(\/|$)/.test(path);

function AccountSettingsNavigation() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  return (
    <NavSection title="Account Settings" of={["/settings", "/team", "/access-tokens", "/audit-log", "/webhooks"]}>
      <NavLink to="/settings">General</NavLink>
      <NavLink to="/team">Team</NavLink>
      <NavLink to="/access-tokens">Access tokens</NavLink>
      <NavLink to="/audit-log">Audit log</NavLink>
      {mayUseWebhooks(session) && (
        <NavExpandable
          title="Integrate"
          groupId="integrate"
          isExpanded
          isActive={isWebhooksPath(path) || /^\/endpoints(\/|$)/.test(path)}
        >
          <NavLink to="/webhooks/edit" groupId="integrate" isAt={isWebhooksPath}>
            Webhooks
          </NavLink>
          <NavLink to="/endpoints" groupId="integrate">
            Endpoints
          </NavLink>
        </NavExpandable>
      )}
    </NavSection>
  );
}

export interface NavSectionProps {
  readonly title: string;
  /** The paths of the group. The group is hidden if none of them may be opened. */
  readonly of: readonly string[];
  readonly children: ReactNode;
}

function NavSection({ title, of, children }: NavSectionProps) {
  const session = useSession();
  return of.some((path) => mayOpen(session, path)) ? <NavGroup title={title}>{children}</NavGroup> : null;
}

export interface NavLinkProps {
  readonly to: NonNullable<LinkProps["to"]>;
  /** Overrides the match by path, for pages below the path of another entry. */
  readonly isAt?: (path: string) => boolean;
  readonly groupId?: string;
  readonly children: ReactNode;
}

/** A link of the navigation, active on its page and the pages below. Hidden if the user may not open the page. */
function NavLink({ to, isAt, groupId, children }: NavLinkProps) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isOpen = mayOpen(useSession(), to);
  const isHere = isAt?.(path) ?? (path === to || path.startsWith(`${to}/`));
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // The last links can be below the visible part of the sidebar.
    if (isHere && link.current) scrollSidebarTo(link.current);
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

/**
 * Scrolls the sidebar until a link is visible. Does not use `scrollIntoView`: after that the first Tab key would
 * continue from the link, past "Skip to content".
 */
export function scrollSidebarTo(link: HTMLElement): void {
  const sidebar = link.closest(".pf-v6-c-page__sidebar");
  if (!sidebar) return;
  const [of, within] = [link.getBoundingClientRect(), sidebar.getBoundingClientRect()];
  sidebar.scrollTop += Math.min(0, of.top - within.top) + Math.max(0, of.bottom - within.bottom);
}

/** From this width on, PatternFly shows the sidebar beside the page instead of over it. */
const isWide = window.matchMedia("(min-width: 75rem)");

/** The button that opens and closes the sidebar. It gets the focus when the sidebar closes. */
export const sidebarToggleId = "nav-toggle";

/** Holds whether the sidebar is open. Over the page, it closes with Escape, with a press outside, and on navigation. */
export function useSidebar() {
  const [isOpen, setOpen] = useState(isWide.matches);
  const toggle = (): void => setOpen((was) => !was);

  useEffect(() => {
    const followWidth = (): void => setOpen(isWide.matches);
    isWide.addEventListener("change", followWidth);
    return () => isWide.removeEventListener("change", followWidth);
  }, []);

  useEffect(() => {
    if (!isOpen) return undefined;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key !== "Escape" || isWide.matches) return;
      setOpen(false);
      document.getElementById(sidebarToggleId)?.focus();
    };
    // Not `click`: Safari on a phone fires none on elements that are not interactive.
    const onPress = ({ target }: PointerEvent): void => {
      const isOurs = target instanceof Element && target.closest(`.pf-v6-c-page__sidebar, #${sidebarToggleId}`);
      if (!isOurs) setOpen(isWide.matches);
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onPress);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onPress);
    };
  }, [isOpen]);

  return { isOpen, toggle, leave: (): void => setOpen(isWide.matches) };
}
