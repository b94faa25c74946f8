import { expect, test, vi } from "vitest";

import { showInSidebar } from "./show-in-sidebar.ts";

/** How far a sidebar of 100 to 500 that was scrolled by 50 is scrolled once a link of it is shown. */
function scrolledFor(top: number, bottom: number): number {
  document.body.innerHTML = `<div class="pf-v6-c-page__sidebar"><a href="/">Audit log</a></div>`;
  const [sidebar, link] = [document.querySelector("div"), document.querySelector("a")];
  if (!sidebar || !link) return Number.NaN;
  sidebar.scrollTop = 50;
  vi.spyOn(sidebar, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 100, 200, 400));
  vi.spyOn(link, "getBoundingClientRect").mockReturnValue(new DOMRect(0, top, 200, bottom - top));
  link.scrollIntoView = () => expect.fail("The first Tab would go on from the link.");
  showInSidebar(link);
  return sidebar.scrollTop;
}

test("the sidebar is scrolled as far as its link of this page asks for, and the first Tab stays at the start of the page", () => {
  expect(scrolledFor(200, 240)).toBe(50);
  expect(scrolledFor(520, 560)).toBe(110);
  expect(scrolledFor(80, 120)).toBe(30);
});
