import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import type { Verdict } from "../../api/event-queries.ts";
import { eventTypesQuery } from "../../api/event-type-queries.ts";
import { describeGate } from "./describe-gate.ts";

export interface WhyNotSentProps {
  readonly verdict: Verdict;
  readonly type: string;
}

export function WhyNotSent({ verdict: { sent, gate, endpoint_name }, type }: WhyNotSentProps) {
  const { data: types = [] } = useQuery(eventTypesQuery(useApi()));
  const entry = types.find((it) => it.type === type) ?? { label: type, switch: "" };
  if (gate === null) return sent ? "Selected, and nothing stood in the way" : "The endpoint did not exist yet";

  const { reason, control } = describeGate(gate, entry);
  const isSentAfterAll = sent && " It was sent by hand afterwards.";
  return (
    <>
      {reason}.{isSentAfterAll}
      {control && endpoint_name === "default" && (
        <>
          {" "}
          Change:{" "}
          <Link to="/webhooks/edit" hash={control.id}>
            {control.label}
          </Link>
        </>
      )}
    </>
  );
}
