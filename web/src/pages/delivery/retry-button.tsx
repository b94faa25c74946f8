import { Button } from "@patternfly/react-core";

import type { DeliveryInFull } from "../../api/delivery-queries.ts";
import { useRetryDelivery } from "../../components/use-retry-delivery.ts";

export function RetryButton({ delivery: { id, state, waits_for } }: { delivery: DeliveryInFull }) {
  const retry = useRetryDelivery();
  return (
    <Button
      variant={state === "failed" ? "primary" : "secondary"}
      isLoading={retry.isPending}
      isDisabled={retry.isPending}
      onClick={() => retry.mutate(id)}
    >
      {state === "delivered" ? "Send again" : waits_for === null ? "Retry now" : "Send before its turn"}
    </Button>
  );
}
