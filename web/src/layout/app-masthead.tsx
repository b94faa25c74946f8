import {
  Button,
  Divider,
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  MenuToggle,
  type MenuToggleElement,
  NotificationBadge,
  PageToggleButton,
  Spinner,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import CogIcon from "@patternfly/react-icons/dist/esm/icons/cog-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, type Ref, useRef, useState } from "react";
import { countOf, formatCount } from "../components/counts.ts";
import { useApi } from "../api/bellwire-client.ts";
import { failureCountQuery } from "../api/deliveries.ts";
import { isRunning, newestJobsQuery } from "../api/jobs.ts";
import { mayUseWebhooks, readPresentSession, useSession } from "../api/session.tsx";
import { LinkButton } from "../components/page-header.tsx";
import { sidebarToggleId } from "./app-navigation.tsx";
import { QuickSearch } from "./quick-search.tsx";
import { ThemeChoice } from "./theme.tsx";
import { Name } from "../components/labels.tsx";

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
            <ToolbarItem alignSelf="center" className="bellwire-provider">
              <Name>{session.providerName}</Name>
            </ToolbarItem>
            <ToolbarGroup
              align={{ default: "alignEnd" }}
              gap={{ default: "gapNone", md: "gapSm" }}
              variant="action-group-plain"
            >
              {mayUseWebhooks(session) && (
                <ToolbarItem>
                  <RunningJobsIndicator />
                </ToolbarItem>
              )}
              <ToolbarItem>
                <QuickSearch />
              </ToolbarItem>
              {mayUseWebhooks(session) && (
                <ToolbarItem>
                  <FailureBell />
                </ToolbarItem>
              )}
              {mayUseWebhooks(session) && (
                <ToolbarItem className="bellwire-settings-link">
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

/** The number of failures, on every page and at every width. */
function FailureBell() {
  const navigate = useNavigate();
  const { data: count = 0 } = useQuery(failureCountQuery(useApi()));
  return (
    <NotificationBadge
      variant={count > 0 ? "attention" : "read"}
      aria-label={countOf(count, ["failure", "failures"])}
      onClick={() => void navigate({ to: "/failures" })}
    >
      {count > 0 ? formatCount(count) : undefined}
    </NotificationBadge>
  );
}

function HelpMenu() {
  const navigate = useNavigate();
  return (
    <MastheadMenu label="Help" icon={<QuestionCircleIcon />}>
      <DropdownList>
        <DropdownItem to="/p/admin/api-docs">API Docs</DropdownItem>
        {mayUseWebhooks(useSession()) && (
          <DropdownItem onClick={() => void navigate({ to: "/webhooks/samples" })}>Webhook samples</DropdownItem>
        )}
      </DropdownList>
    </MastheadMenu>
  );
}

function UserMenu() {
  const { userId, userName, role, providerName, developerPortalUrl, csrfToken } = useSession();
  const navigate = useNavigate();
  const form = useRef<HTMLFormElement>(null);
  const token = useRef<HTMLInputElement>(null);
  const signOut = async (): Promise<void> => {
    // After a sign-in in another tab, this page continues with the new session, which has another token.
    const present = await readPresentSession();
    if (typeof present === "object" && present.userId === userId && token.current) {
      token.current.value = present.csrfToken;
    }
    form.current?.requestSubmit();
  };
  return (
    <>
      <form ref={form} method="post" action="/p/logout" hidden>
        <input ref={token} type="hidden" name="form_token" defaultValue={csrfToken} />
      </form>
      <MastheadMenu label={`Signed in as ${userName}`} icon={<UserIcon />}>
        <DropdownGroup label={`${userName}, ${role} of ${providerName}`}>
          <DropdownList>
            <DropdownItem onClick={() => void navigate({ to: "/personal" })}>Personal settings</DropdownItem>
            <DropdownItem onClick={() => void navigate({ to: "/personal/notifications" })}>
              Notification preferences
            </DropdownItem>
            <DropdownItem to={developerPortalUrl}>Developer Portal</DropdownItem>
          </DropdownList>
        </DropdownGroup>
        <Divider component="li" />
        <ThemeChoice />
        <Divider component="li" />
        <DropdownList>
          <DropdownItem onClick={() => void signOut()}>Sign out</DropdownItem>
        </DropdownList>
      </MastheadMenu>
    </>
  );
}

export interface MastheadMenuProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly children: ReactNode;
}

function MastheadMenu({ label, icon, children }: MastheadMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={ref}
      aria-label={label}
      icon={icon}
      variant="plain"
      isExpanded={isOpen}
      onClick={() => setOpen(!isOpen)}
    />
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

/** The number of running jobs, on every page. Leads to the jobs, and renders nothing without any. */
function RunningJobsIndicator() {
  const navigate = useNavigate();
  const { data: jobs = [] } = useQuery(newestJobsQuery(useApi()));
  const count = jobs.filter(isRunning).length;
  if (count === 0) return null;
  const name = countOf(count, ["job is running", "jobs are running"]);
  return (
    <Button
      variant="plain"
      aria-label={name}
      title={name}
      icon={<Spinner size="md" aria-hidden />}
      onClick={() => void navigate({ to: "/jobs" })}
    >
      {count}
    </Button>
  );
}
