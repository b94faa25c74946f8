import {
  Button,
  Content,
  Flex,
  FlexItem,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { CopyField } from "../copy-text.tsx";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { ConfirmDialog } from "../form/form-dialog.tsx";
import { useChange, useMutationOnce } from "../form/use-change.ts";
import { When } from "../time.tsx";
import { useToast } from "../toast-context.ts";

/** Fetches the secret on request, and forgets it when the page closes. */
export function SigningSecret({ endpoint: { id, previous_secret_until } }: { endpoint: Endpoint }) {
  const api = useApi();
  const toast = useToast();
  const [secret, setSecret] = useState<string>();
  const { isPending, mutate } = useMutationOnce({
    mutationFn: () => responseBody(api.GET("/api/v1/endpoints/{id}/secret", { params: { path: { id } } })),
    onSuccess: (answer) => setSecret(answer.secret),
    onError: (error) => toast({ kind: "danger", title: "The secret could not be read", detail: errorMessage(error) }),
    gcTime: 0,
  });
  return (
    <FormGroup role="group" label="Signing secret" fieldId="signing_secret">
      <Flex spaceItems={{ default: "spaceItemsNone" }} columnGap={{ default: "columnGapMd" }}>
        {secret && (
          <FlexItem flex={{ default: "flexDefault", md: "flex_1" }} fullWidth={{ default: "fullWidth" }}>
            <CopyField label="Signing secret">{secret}</CopyField>
          </FlexItem>
        )}
        {secret ? (
          <Button variant="secondary" onClick={() => setSecret(undefined)}>
            Hide
          </Button>
        ) : (
          <Button variant="secondary" isLoading={isPending} isAriaDisabled={isPending} onClick={() => mutate()}>
            Reveal
          </Button>
        )}
        <RotateButton id={id} previousUntil={previous_secret_until} onRotated={setSecret} />
      </Flex>
      <FormHelperText>
        <HelperText>
          <HelperTextItem>
            Every request is signed with this secret (Standard Webhooks), so your receiver can verify its origin
          </HelperTextItem>
          {previous_secret_until && (
            <HelperTextItem variant="warning">
              The previous secret also signs until <When at={previous_secret_until} isExact />
            </HelperTextItem>
          )}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

interface RotateButtonProps {
  readonly id: number;
  /** The end of the previous secret, which rotating again brings forward: an endpoint has two secrets at most. */
  readonly previousUntil: Endpoint["previous_secret_until"];
  readonly onRotated: (secret: string) => void;
}

function RotateButton({ id, previousUntil, onRotated }: RotateButtonProps) {
  const api = useApi();
  const [isConfirming, setConfirming] = useState(false);
  const rotate = useChange({
    change: () => responseBody(api.POST("/api/v1/endpoints/{id}/rotate_secret", { params: { path: { id } } })),
    stale: [["endpoints"]],
    done: "The secret was rotated. Both secrets sign for 24 hours",
    failed: "The secret could not be rotated",
    onDone: ({ secret }) => {
      setConfirming(false);
      onRotated(secret);
    },
  });
  return (
    <>
      <Button variant="secondary" onClick={() => setConfirming(true)}>
        Rotate
      </Button>
      {isConfirming && (
        <ConfirmDialog
          title="Rotate the signing secret?"
          confirm="Rotate"
          isBusy={rotate.isPending}
          onConfirm={() => rotate.mutate(undefined)}
          onClose={() => setConfirming(false)}
        >
          <Content component="p">
            The old and the new secret both sign every request for 24 hours, so your receiver can switch without a gap.
            After that only the new one signs.
          </Content>
          {previousUntil && (
            <Content component="p">
              The secret before them, which would sign until <When at={previousUntil} isExact />, stops immediately. A
              receiver that still uses it rejects every request.
            </Content>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}
