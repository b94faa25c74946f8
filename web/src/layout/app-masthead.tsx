import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  PageToggleButton,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import CogIcon from "@patternfly/react-icons/dist/esm/icons/cog-icon";
import { Link } from "@tanstack/react-router";

import { mayUseWebhooks } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";
import { LinkButton } from "../components/link-button.tsx";
import { FailureBell } from "./failure-bell.tsx";
import { HelpMenu } from "./help-menu.tsx";
import { sidebarToggleId } from "./use-sidebar.ts";
import { UserMenu } from "./user-menu.tsx";

export interface AppMastheadProps {
  readonly isSidebarOpen: boolean;
  readonly onToggleSidebar: () => void;
}

export function AppMasthead({ isSidebarOpen, onToggleSidebar }: AppMastheadProps) {
  const session = useSession();
  return (
    <Masthead display={{ default: "inline" }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            id={sidebarToggleId}
            isHamburgerButton
            aria-label="Navigation"
            isSidebarOpen={isSidebarOpen}
            onSidebarToggle={onToggleSidebar}
          />
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="bellwire-brand">
            <img src={`${import.meta.env.BASE_URL}bellwire.svg`} alt="" />
            <span>Bellwire</span>
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic>
          <ToolbarContent>
            <ToolbarItem visibility={{ default: "hidden", md: "visible" }} alignSelf="center">
              {session.providerName}
            </ToolbarItem>
            <ToolbarGroup
              align={{ default: "alignEnd" }}
              gap={{ default: "gapNone", md: "gapSm" }}
              variant="action-group-plain"
            >
              {mayUseWebhooks(session) && (
                <ToolbarItem>
                  <FailureBell />
                </ToolbarItem>
              )}
              {mayUseWebhooks(session) && (
                <ToolbarItem>
                  <LinkButton to="/webhooks/edit" variant="plain" aria-label="Account Settings" icon={<CogIcon />} />
                </ToolbarItem>
              )}
              <ToolbarItem>
                <HelpMenu />
              </ToolbarItem>
              <ToolbarItem>
                <UserMenu />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  );
}
