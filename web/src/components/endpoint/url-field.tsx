import { Button } from "@patternfly/react-core";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { TextField } from "../form/fields.tsx";
import { useToast } from "../toast-context.ts";
import { useMutationOnce } from "../form/use-change.ts";

export interface UrlFieldProps {
  readonly url: string;
  readonly errors: readonly string[];
  readonly onChange: (url: string) => void;
  readonly isRequired?: boolean;
  /** The saved endpoint, whose full URL can be shown. */
  readonly endpointId?: number | undefined;
  /** Receives the saved URL with its secrets. */
  readonly onRead?: (url: string) => void;
}

export const UrlField = ({
  url,
  errors,
  onChange,
  isRequired = false,
  endpointId,
  onRead = onChange,
}: UrlFieldProps) => (
  <>
    <TextField
      id="url"
      label="URL"
      isRequired={isRequired}
      hint="The selected events below are sent to this address"
      errors={errors}
      value={url}
      input={{ inputMode: "url", spellCheck: false }}
      // A pasted URL often ends with a space, which nobody sees beside "Must be a valid URL".
      onChange={(typed) => onChange(typed.trim())}
    />
    {endpointId !== undefined && <FullUrlButton endpointId={endpointId} url={url} onRead={onRead} />}
  </>
);

/** Replaces secret values in URLs of the API. */
const mask = "…";

export interface FullUrlButtonProps {
  readonly endpointId: number;
  /** The displayed URL. The button appears only while it contains the mask. */
  readonly url: string;
  readonly onRead: (url: string) => void;
}

/** Reads the URL with its secrets. The audit log records that. */
export function FullUrlButton({ endpointId, url, onRead }: FullUrlButtonProps) {
  const api = useApi();
  const toast = useToast();
  const { isPending, mutate } = useMutationOnce({
    mutationFn: () => responseBody(api.GET("/api/v1/endpoints/{id}/url", { params: { path: { id: endpointId } } })),
    onSuccess: (answer) => onRead(answer.url),
    onError: (error) => toast({ kind: "danger", title: "The URL could not be read", detail: errorMessage(error) }),
    gcTime: 0,
  });
  if (!url.includes(mask)) return null;
  return (
    <div>
      <Button variant="link" isInline isLoading={isPending} isAriaDisabled={isPending} onClick={() => mutate()}>
        Show the full URL
      </Button>
    </div>
  );
}
