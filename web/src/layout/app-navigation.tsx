import { Badge, Nav, NavGroup, NavItem, NavList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";

import { useApi } from "../api/api-context.ts";
import { failureCountQuery } from "../api/failure-queries.ts";
import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { AccountSettingsNavigation } from "./account-settings-navigation.tsx";
import { NavLink } from "./nav-link.tsx";

/** The places of the Admin Portal. What a member may not open is not offered. */
export function AppNavigation({ onGo }: { onGo: () => void }) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  const isAdmin = session.role === "admin";

  return (
    <Nav aria-label="Admin Portal" onSelect={onGo}>
      <NavList>
        <NavItem isActive={path === "/"}>
          <Link to="/">Start</Link>
        </NavItem>
      </NavList>
      <NavGroup title="Developers">
        <NavLink to="/accounts" isAlsoAt={!path.includes("/applications/")}>
          Accounts
        </NavLink>
        <NavItem isActive={path.includes("/applications")}>
          <Link to="/applications">Applications</Link>
        </NavItem>
        {isAdmin && <NavLink to="/mails">Mails</NavLink>}
      </NavGroup>
      <NavGroup title="Products">
        <NavLink to="/products">Products</NavLink>
        <NavLink to="/account-plans">Account plans</NavLink>
        <NavLink to="/fields-definitions">Fields definitions</NavLink>
      </NavGroup>
      {mayUseWebhooks(session) && (
        <NavGroup title="Webhooks">
          <NavLink to="/deliveries">Deliveries</NavLink>
          <NavLink to="/failures">
            Failures <FailureBadge />
          </NavLink>
          <NavLink to="/events">Events</NavLink>
          <NavLink to="/bins">Request bins</NavLink>
        </NavGroup>
      )}
      <AccountSettingsNavigation />
    </Nav>
  );
}

function FailureBadge() {
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  return count > 0 ? <Badge screenReaderText="failures">{count}</Badge> : null;
}
