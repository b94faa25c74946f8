import { NavExpandable } from "@patternfly/react-core";
import { useLocation } from "@tanstack/react-router";

import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { NavLink } from "./nav-link.tsx";
import { NavPlaces } from "./nav-places.tsx";

const isOfWebhooks = (path: string): boolean => /^\/webhooks(\/|$)/.test(path);

export function AccountSettingsNavigation() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  return (
    <NavPlaces title="Account Settings" of={["/settings", "/team", "/access-tokens", "/audit-log", "/webhooks"]}>
      <NavLink to="/settings">General</NavLink>
      <NavLink to="/team">Team</NavLink>
      <NavLink to="/access-tokens">Access tokens</NavLink>
      <NavLink to="/audit-log">Audit log</NavLink>
      {mayUseWebhooks(session) && (
        <NavExpandable
          title="Integrate"
          groupId="integrate"
          isExpanded
          isActive={isOfWebhooks(path) || /^\/endpoints(\/|$)/.test(path)}
        >
          <NavLink to="/webhooks/edit" groupId="integrate" isAt={isOfWebhooks}>
            Webhooks
          </NavLink>
          <NavLink to="/endpoints" groupId="integrate">
            Endpoints
          </NavLink>
        </NavExpandable>
      )}
    </NavPlaces>
  );
}
