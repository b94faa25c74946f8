import { Button } from "@patternfly/react-core";
import { useMutation } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";

/** Stands in a URL for a value that the API does not give away. */
const mask = "…";

export interface WholeUrlButtonProps {
  readonly endpointId: number;
  /** As it is shown: without the mask there is nothing to read. */
  readonly url: string;
  readonly onRead: (url: string) => void;
}

/** Reads the URL with its secrets, which the audit log records. */
export function WholeUrlButton({ endpointId, url, onRead }: WholeUrlButtonProps) {
  const api = useApi();
  const toast = useToast();
  const { isPending, mutate } = useMutation({
    mutationFn: () => answerOf(api.GET("/api/v1/endpoints/{id}/url", { params: { path: { id: endpointId } } })),
    onSuccess: (answer) => onRead(answer.url),
    onError: (error) => toast({ kind: "danger", title: "The URL could not be read", detail: saysWhy(error) }),
    gcTime: 0,
  });
  if (!url.includes(mask)) return null;
  return (
    <div>
      <Button variant="link" isInline isLoading={isPending} isDisabled={isPending} onClick={() => mutate()}>
        Show the whole URL
      </Button>
    </div>
  );
}
