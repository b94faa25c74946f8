import { useState } from "react";

import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventType } from "../../api/event-type-queries.ts";
import { draftOf, newDraft, type EndpointDraft } from "./endpoint-draft.ts";

/** What the form shows: what was typed over what is saved, or over what fits the chosen format. */
export function useEndpointDraft(endpoint: Endpoint | undefined, types: readonly EventType[]) {
  const [typed, setTyped] = useState<Partial<EndpointDraft>>();
  const base = endpoint ? draftOf(endpoint, types) : newDraft(typed?.format ?? "json");
  const draft = { ...base, ...typed };
  const change = (changed: Partial<EndpointDraft>): void => {
    // The two belong together: either alone does not say which events are sent.
    const isAboutEvents = changed.sendsAll !== undefined || changed.switches !== undefined;
    const events = isAboutEvents ? { sendsAll: draft.sendsAll, switches: draft.switches } : {};
    setTyped({ ...typed, ...events, ...changed });
  };
  return { draft, typed, change, forget: () => setTyped(undefined) };
}
