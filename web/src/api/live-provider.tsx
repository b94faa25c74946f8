import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { LiveContext } from "./live-context.ts";
import { followStream, type LiveState } from "./live-updates.ts";
import { mayUseWebhooks } from "./session.ts";
import { useSession } from "./session-context.ts";

/** The tab's one event stream. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const isAllowed = mayUseWebhooks(useSession());
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => (isAllowed ? followStream(client, setState) : undefined), [client, isAllowed]);
  return <LiveContext value={state}>{children}</LiveContext>;
}
