import { Nav, NavExpandable, NavGroup, NavItem, NavList } from "@patternfly/react-core";
import { Link, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { mayOpen, mayUseWebhooks, useSession } from "../api/session.tsx";
import { type PortalPage, isPageAt, portalSections } from "./portal-pages.ts";

/** The navigation of the Admin Portal. */
export function AppNavigation({ onGo }: { onGo: () => void }) {
  const session = useSession();
  return (
    <Nav aria-label="Admin Portal" onSelect={onGo}>
      <NavList>
        <NavLink page={startPage}>Start</NavLink>
      </NavList>
      {portalSections.map(({ title, pages }) => (
        <NavSection key={title} title={title} pages={pages}>
          {title === "Account Settings" && mayUseWebhooks(session) && <IntegrateLinks />}
        </NavSection>
      ))}
    </Nav>
  );
}

const startPage: PortalPage = { to: "/", title: "Start", isAt: (path) => path === "/" };

/** 3scale's documentation leads to the webhook settings by "Account Settings > Integrate > Webhooks". */
const IntegrateLinks = () => (
  <NavExpandable title="Integrate" groupId="integrate" isExpanded>
    <NavItem groupId="integrate">
      <Link to="/webhooks/edit">Webhooks</Link>
    </NavItem>
  </NavExpandable>
);

export interface NavSectionProps {
  readonly title: string;
  readonly pages: readonly PortalPage[];
  readonly children?: ReactNode;
}

/** A group of links. Hidden if the user may open none of them. */
function NavSection({ title, pages, children }: NavSectionProps) {
  const session = useSession();
  const open = pages.filter(({ to }) => mayOpen(session, to));
  if (open.length === 0) return null;
  return (
    <NavGroup title={title}>
      {open.map((page) => (
        <NavLink key={page.to} page={page}>
          {page.label ?? page.title}
        </NavLink>
      ))}
      {children}
    </NavGroup>
  );
}

/** A link of the navigation, active on its page and the pages below. */
function NavLink({ page, children }: { page: PortalPage; children: ReactNode }) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isHere = isPageAt(page, path);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // The last links can be below the visible part of the sidebar.
    if (isHere && link.current) scrollSidebarTo(link.current);
  }, [isHere]);
  return (
    <NavItem isActive={isHere}>
      <Link to={page.to} ref={link}>
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
