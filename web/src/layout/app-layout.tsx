import { Page, PageSidebar, PageSidebarBody, SkipToContent } from "@patternfly/react-core";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { mayOpen, useSession } from "../api/session.tsx";
import { AlertBanner, InstallationBanner } from "../components/alert-banner.tsx";
import { AccessDenied } from "../components/loaded.tsx";
import { focusIfLost } from "../components/page-header.tsx";
import { AppMasthead } from "./app-masthead.tsx";
import { AppNavigation, useSidebar } from "./app-navigation.tsx";

const contentId = "content";

export function AppLayout() {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const session = useSession();
  const sidebar = useSidebar();
  useFocusOnNewPage();

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

/**
 * Moves the focus to the new page if the link that led there is gone. Otherwise some browsers let keyboard users start over at the top, and
 * screen readers do not notice the new page.
 */
export function useFocusOnNewPage(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (fromLocation && pathChanged) focusIfLost(document);
      }),
    [router],
  );
}
