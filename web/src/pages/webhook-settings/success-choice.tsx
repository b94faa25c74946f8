import { Checkbox } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { deliveriesQuery } from "../../api/delivery-queries.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";

export interface SuccessChoiceProps {
  readonly endpoint: Endpoint;
  readonly success: Endpoint["success"];
  /** How the last test request was answered. */
  readonly testStatus: number | undefined;
  readonly onChange: (success: Endpoint["success"]) => void;
}

/** Enough to notice a receiver that says 202 to everything. */
const looksBack = 20;

/** Offered once a receiver answers 201 to 207, and from then on while it is chosen. */
export function SuccessChoice({ endpoint, success, testStatus, onChange }: SuccessChoiceProps) {
  const { data } = useInfiniteQuery(deliveriesQuery(useApi(), { endpoint_id: endpoint.id }, looksBack));
  const statuses = data?.pages.flatMap((page) => page.data).map(({ last_attempt }) => last_attempt?.status) ?? [];
  const answered = [testStatus, ...statuses].find((status) => status && status > 200 && status <= 207);
  if (answered === undefined && endpoint.success === "200") return null;
  return (
    <Checkbox
      id="success"
      label="Count 200–207 as delivered"
      description={
        answered
          ? `Your receiver answers ${answered}. Unchecked: only 200 counts, and anything else is tried again`
          : "Unchecked: only 200 counts, and anything else is tried again"
      }
      isChecked={success !== "200"}
      onChange={(_, isChecked) => onChange(isChecked ? "200-207" : "200")}
    />
  );
}
