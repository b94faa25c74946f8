import { Button } from "@patternfly/react-core";

import type { Delivery } from "../../api/delivery-queries.ts";
import { useRetryDelivery } from "../../components/use-retry-delivery.ts";

export function RetryButton({ delivery: { id, state } }: { delivery: Delivery }) {
  const retry = useRetryDelivery();
  return (
    <Button
      variant={state === "failed" ? "primary" : "secondary"}
      isLoading={retry.isPending}
      isDisabled={retry.isPending}
      onClick={() => retry.mutate(id)}
    >
      {state === "delivered" ? "Send again" : "Retry now"}
    </Button>
  );
}
