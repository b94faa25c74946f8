import {
  Button,
  ClipboardCopy,
  Flex,
  FlexItem,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
} from "@patternfly/react-core";
import { useMutation } from "@tanstack/react-query";

import { answerOf } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { saysWhy } from "../../api/api-problem.ts";
import { useToast } from "../../toasts/toast-context.ts";

/** The secret is fetched when it is asked for, and forgotten with the page. */
export function SigningSecret({ endpointId }: { endpointId: number }) {
  const api = useApi();
  const toast = useToast();
  const { data, isPending, mutate, reset } = useMutation({
    mutationFn: () => answerOf(api.GET("/api/v1/endpoints/{id}/secret", { params: { path: { id: endpointId } } })),
    onError: (error) => toast({ kind: "danger", title: "The secret could not be read", detail: saysWhy(error) }),
    gcTime: 0,
  });
  return (
    <FormGroup role="group" label="Signing secret" fieldId="signing_secret">
      {data ? (
        <Flex flexWrap={{ default: "nowrap" }}>
          <FlexItem flex={{ default: "flex_1" }}>
            <ClipboardCopy isReadOnly textAriaLabel="Signing secret" hoverTip="Copy" clickTip="Copied">
              {data.secret}
            </ClipboardCopy>
          </FlexItem>
          <Button variant="secondary" onClick={reset}>
            Hide
          </Button>
        </Flex>
      ) : (
        <Button variant="secondary" isLoading={isPending} isDisabled={isPending} onClick={() => mutate()}>
          Reveal
        </Button>
      )}
      <FormHelperText>
        <HelperText>
          <HelperTextItem>
            Every request is signed with it (Standard Webhooks): your receiver can check that it comes from here.
          </HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
