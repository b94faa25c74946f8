import { Page, PageSidebar, PageSidebarBody, SkipToContent } from "@patternfly/react-core";
import { Outlet, useLocation } from "@tanstack/react-router";
import { mayOpen, useSession } from "../api/session.tsx";
import { AlertBanner, InstallationBanner } from "../components/alert-banner.tsx";
import { AccessDenied } from "../components/loaded.tsx";
import { AppMasthead } from "./app-masthead.tsx";
import { AppNavigation, useSidebar } from "./app-navigation.tsx";

const contentId = "content";

export function AppLayout() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  const sidebar = useSidebar();

  return (
    <Page
      masthead={<AppMasthead isSidebarOpen={sidebar.isOpen} onToggleSidebar={sidebar.toggle} />}
      sidebar={
        <PageSidebar isSidebarOpen={sidebar.isOpen}>
          <PageSidebarBody>
            <AppNavigation onGo={sidebar.leave} />
          </PageSidebarBody>
        </PageSidebar>
      }
      skipToContent={<SkipToContent href={`#${contentId}`}>Skip to content</SkipToContent>}
      mainContainerId={contentId}
      // PatternFly measures the page's width only if this is set.
      onPageResize={() => undefined}
      isContentFilled
    >
      <InstallationBanner />
      <AlertBanner />
      {mayOpen(session, path) ? <Outlet /> : <AccessDenied />}
    </Page>
  );
}
