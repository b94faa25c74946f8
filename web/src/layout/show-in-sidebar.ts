/**
 * Scrolls the sidebar so far that a link of it is seen. By hand, since after `scrollIntoView` the first Tab on the page goes on
 * from that link, past "Skip to content".
 */
export function showInSidebar(link: HTMLElement): void {
  const sidebar = link.closest(".pf-v6-c-page__sidebar");
  if (!sidebar) return;
  const [of, within] = [link.getBoundingClientRect(), sidebar.getBoundingClientRect()];
  sidebar.scrollTop += Math.min(0, of.top - within.top) + Math.max(0, of.bottom - within.bottom);
}
