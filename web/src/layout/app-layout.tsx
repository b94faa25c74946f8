import { Page, PageSidebar, PageSidebarBody, SkipToContent } from "@patternfly/react-core";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { mayOpen, useSession } from "../api/session.tsx";
import { AlertBanner, InstallationBanner } from "../components/alert-banner.tsx";
import { AccessDenied } from "../components/loaded.tsx";
import { focusIfLost, readPageTitle } from "../components/page-header.tsx";
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
      <PageAnnouncer />
      <InstallationBanner />
      <AlertBanner />
      {mayOpen(session, path) ? <Outlet /> : <AccessDenied />}
    </Page>
  );
}

/**
 * Announces the title of each new page to screen readers: they announce documents by themselves, but a link of the router loads none.
 * The focus stays on the link if it is still there.
 */
function PageAnnouncer() {
  const [title, setTitle] = useState("");
  useEffect(() => {
    const observer = new MutationObserver(() => setTitle(readPageTitle(document)));
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, []);
  return (
    <div role="status" className="pf-v6-screen-reader">
      {title}
    </div>
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
