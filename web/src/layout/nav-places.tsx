import { NavGroup } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { mayOpen } from "../api/session.ts";
import { useSession } from "../api/session-context.ts";

export interface NavPlacesProps {
  readonly title: string;
  /** The paths of its places: without one that is open there is no group. */
  readonly of: readonly string[];
  readonly children: ReactNode;
}

export function NavPlaces({ title, of, children }: NavPlacesProps) {
  const session = useSession();
  return of.some((path) => mayOpen(session, path)) ? <NavGroup title={title}>{children}</NavGroup> : null;
}
