import { Badge, Nav, NavExpandable, NavGroup, NavItem, NavList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";

import { useApi } from "../api/api-context.ts";
import { failureCountQuery } from "../api/failure-queries.ts";
import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";

/** The places of the Admin Portal. What a member may not open is not offered. */
export function AppNavigation({ onGo }: { onGo: () => void }) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isAt = (start: string): boolean => path === start || path.startsWith(`${start}/`);
  const mayUse = mayUseWebhooks(useSession());

  return (
    <Nav aria-label="Admin Portal" onSelect={onGo}>
      <NavList>
        <NavItem isActive={path === "/"}>
          <Link to="/">Start</Link>
        </NavItem>
      </NavList>
      <NavGroup title="Developers">
        <NavItem isActive={isAt("/accounts") && !path.includes("/applications/")}>
          <Link to="/accounts">Accounts</Link>
        </NavItem>
        <NavItem isActive={isAt("/applications") || path.includes("/applications/")}>
          <Link to="/applications">Applications</Link>
        </NavItem>
      </NavGroup>
      {mayUse && (
        <>
          <NavGroup title="Webhooks">
            <NavItem isActive={isAt("/deliveries")}>
              <Link to="/deliveries">Deliveries</Link>
            </NavItem>
            <NavItem isActive={isAt("/failures")}>
              <Link to="/failures">
                Failures <FailureBadge />
              </Link>
            </NavItem>
            <NavItem isActive={isAt("/events")}>
              <Link to="/events">Events</Link>
            </NavItem>
            <NavItem isActive={isAt("/bins")}>
              <Link to="/bins">Request bins</Link>
            </NavItem>
          </NavGroup>
          <NavGroup title="Account Settings">
            <NavExpandable
              title="Integrate"
              groupId="integrate"
              isExpanded
              isActive={isAt("/webhooks") || isAt("/endpoints")}
            >
              <NavItem groupId="integrate" isActive={isAt("/webhooks")}>
                <Link to="/webhooks/edit">Webhooks</Link>
              </NavItem>
              <NavItem groupId="integrate" isActive={isAt("/endpoints")}>
                <Link to="/endpoints">Endpoints</Link>
              </NavItem>
            </NavExpandable>
          </NavGroup>
        </>
      )}
    </Nav>
  );
}

function FailureBadge() {
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  return count > 0 ? <Badge screenReaderText="failures">{count}</Badge> : null;
}
