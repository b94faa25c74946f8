import { useEffect } from "react";

/** What the browser's tab and its history call the page. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} | Bellwire`;
  }, [title]);
}
