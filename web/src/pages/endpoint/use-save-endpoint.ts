import { useNavigate } from "@tanstack/react-router";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { ApiProblem } from "../../api/api-problem.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import { useChange } from "../../components/use-change.ts";
import { bodyOf, newDraft, type EndpointDraft } from "./endpoint-draft.ts";

const fields = [
  "name",
  "url",
  "description",
  "headers",
  "retry_waits_seconds",
  "timeout_seconds",
  "max_in_flight",
  "max_per_second",
];

/** Makes the endpoint if there is none, or sends what was changed of it. */
export function useSaveEndpoint(endpoint: Endpoint | undefined, onSaved: () => void) {
  const api = useApi();
  const navigate = useNavigate();
  const save = async (typed: Partial<EndpointDraft>): Promise<Endpoint> => {
    if (endpoint) {
      const params = { path: { id: endpoint.id } };
      return answerOf(api.PATCH("/api/v1/endpoints/{id}", { params, body: bodyOf(typed) }));
    }
    const draft = { ...newDraft(typed.format ?? "json"), ...typed };
    const { name, url } = draft;
    return answerOf(api.POST("/api/v1/endpoints", { body: { ...bodyOf(draft), name, url } }));
  };
  const { mutate, isPending, errors, error, reset, take } = useChange({
    change: save,
    stale: [["endpoints"]],
    done: endpoint ? "The endpoint was changed" : "The endpoint was created",
    failed: endpoint ? "The endpoint could not be changed" : "The endpoint could not be created",
    fields,
    onDone: async ({ id }) => {
      onSaved();
      if (!endpoint) await navigate({ to: "/endpoints/$id", params: { id: String(id) } });
    },
  });
  const isTaken = error instanceof ApiProblem && error.status === 409;
  return {
    save: mutate,
    isSaving: isPending,
    errors: isTaken ? { name: ["is taken by another endpoint"] } : errors,
    forgetErrors: reset,
    take,
  };
}
