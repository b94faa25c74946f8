import { Button } from "@patternfly/react-core";
import { useMutation } from "@tanstack/react-query";
import { saysWhy } from "../../api/api-problem.ts";
import { answerOf, useApi } from "../../api/bellwire-client.ts";
import { TextField } from "../form/fields.tsx";
import { useToast } from "../toast-context.ts";

export interface UrlFieldProps {
  readonly url: string;
  /** 3scale's limit, where nothing else is said. */
  readonly maxLength?: number;
  readonly errors: readonly string[];
  readonly onChange: (url: string) => void;
  /** Of the endpoint whose URL it is, once there is one. */
  readonly endpointId?: number | undefined;
  /** The saved URL with its secrets, when it has been asked for. */
  readonly onRead?: (url: string) => void;
}

export const UrlField = ({ url, maxLength = 255, errors, onChange, endpointId, onRead = onChange }: UrlFieldProps) => (
  <>
    <TextField
      id="url"
      label="URL"
      hint="This address is notified about all the events selected below"
      errors={errors}
      value={url}
      input={{ inputMode: "url", spellCheck: false, maxLength }}
      onChange={onChange}
    />
    {endpointId !== undefined && <WholeUrlButton endpointId={endpointId} url={url} onRead={onRead} />}
  </>
);

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
