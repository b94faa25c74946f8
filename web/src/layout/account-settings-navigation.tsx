import { NavExpandable, NavGroup, NavItem } from "@patternfly/react-core";
import { Link, useLocation } from "@tanstack/react-router";

import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { NavLink } from "./nav-link.tsx";

export function AccountSettingsNavigation() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  return (
    <NavGroup title="Account Settings">
      {session.role === "admin" && <NavLink to="/team">Team</NavLink>}
      <NavLink to="/access-tokens">Access tokens</NavLink>
      {mayUseWebhooks(session) && (
        <NavExpandable
          title="Integrate"
          groupId="integrate"
          isExpanded
          isActive={/^\/(webhooks|endpoints)(\/|$)/.test(path)}
        >
          <NavItem groupId="integrate" isActive={/^\/webhooks(\/|$)/.test(path)}>
            <Link to="/webhooks/edit">Webhooks</Link>
          </NavItem>
          <NavLink to="/endpoints" groupId="integrate">
            Endpoints
          </NavLink>
        </NavExpandable>
      )}
    </NavGroup>
  );
}
