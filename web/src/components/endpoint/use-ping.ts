import { useMutation } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { ApiProblem, saysWhy } from "../../api/api-problem.ts";
import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventTypeName } from "../../api/event-type-queries.ts";
import { useToast } from "../../toasts/toast-context.ts";
import { pingToast, type TestRequest } from "./ping-toast.ts";

/** Sends a signed sample to the saved URL, and tells how it was answered. */
export function usePing({ id, url }: Endpoint, onAnswered: (status: number | undefined) => void) {
  const api = useApi();
  const toast = useToast();
  return useMutation({
    mutationFn: (event_type: EventTypeName | undefined) =>
      answerOf(
        api.POST("/api/v1/endpoints/{id}/ping", { params: { path: { id } }, body: event_type ? { event_type } : {} }),
      ),
    onSuccess: (attempt, event_type) => {
      onAnswered(attempt.status ?? undefined);
      toast({ ...pingToast(url, attempt, nameOf(event_type)), about: "ping" });
    },
    onError: (error, event_type) =>
      toast({
        kind: "danger",
        about: "ping",
        title: hasNoUrl(error) ? "Nowhere to ping" : `${nameOf(event_type)} failed: ${JSON.stringify(saysWhy(error))}`,
      }),
  });
}

const nameOf = (event_type: EventTypeName | undefined): TestRequest => (event_type ? "Test event" : "Ping");

/** Nothing is saved any more, or no URL. */
const hasNoUrl = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 404 || error.errors["url"] !== undefined);
