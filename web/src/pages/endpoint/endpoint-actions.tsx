import { Button, Content, Flex } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { answerOf, settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { endpointsQuery, type Endpoint } from "../../api/endpoint-queries.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useChange } from "../../components/use-change.ts";
import { usePendingCount } from "./use-pending-count.ts";

export function EndpointActions({ endpoint: { id, name, state } }: { endpoint: Endpoint }) {
  const api = useApi();
  const [isDeleting, setDeleting] = useState(false);
  const isRunning = state === "enabled";
  const turn = useChange({
    change: (next: "enabled" | "paused") =>
      answerOf(api.PATCH("/api/v1/endpoints/{id}", { params: { path: { id } }, body: { state: next } })),
    stale: [["endpoints"]],
    done: isRunning ? "Deliveries are paused" : "Deliveries go on",
    failed: isRunning ? "The endpoint could not be paused" : "The endpoint could not be resumed",
  });
  return (
    <Flex>
      {state !== "undecryptable" && (
        <Button
          variant="secondary"
          isLoading={turn.isPending}
          isDisabled={turn.isPending}
          onClick={() => turn.mutate(isRunning ? "paused" : "enabled")}
        >
          {isRunning ? "Pause" : state === "paused" ? "Resume" : "Enable again"}
        </Button>
      )}
      <Button variant="secondary" isDanger onClick={() => setDeleting(true)}>
        Delete
      </Button>
      {isDeleting && <DeleteEndpointDialog id={id} name={name} onClose={() => setDeleting(false)} />}
    </Flex>
  );
}

const whatItWasIn = [["endpoints"], ["deliveries"], ["failures"], ["events", "one"]];

function DeleteEndpointDialog({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const navigate = useNavigate();
  const pending = usePendingCount(id);
  const remove = useChange({
    change: () => settled(api.DELETE("/api/v1/endpoints/{id}", { params: { path: { id } } })),
    stale: [],
    done: `The endpoint ${name} was deleted`,
    failed: "The endpoint could not be deleted",
    onDone: async () => {
      client.setQueryData(endpointsQuery(api).queryKey, (list) => list?.filter((it) => it.id !== id));
      // Away from its page first, which would ask for it again.
      await navigate({ to: "/endpoints" });
      client.removeQueries({ queryKey: ["endpoints", id] });
      await Promise.all(whatItWasIn.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirm="Delete"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">
        Pending deliveries that this cancels: {pending}. What was sent stays readable under Deliveries.
        {name === "default" && " The Webhooks page starts anew, with everything off."}
      </Content>
    </ConfirmDialog>
  );
}
