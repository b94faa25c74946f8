import { Button, ClipboardCopy, Content, Flex } from "@patternfly/react-core";
import { useState } from "react";

import { pathOf, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { FormDialog } from "../../components/form/form-dialog.tsx";
import { TextField } from "../../components/form/text-field.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import { useChange } from "../../components/use-change.ts";

export interface UserKeyProps {
  readonly applicationKey: ApplicationKey;
  readonly userKey: string;
}

/** The one secret that an application of such a product has. */
export function UserKey({ applicationKey, userKey }: UserKeyProps) {
  const api = useManagement();
  const [open, setOpen] = useState<"set" | "regenerate">();
  const close = (): void => setOpen(undefined);
  const regenerate = useChange({
    change: () => api.operate(`applications/${applicationKey.id}/regenerate_user_key`),
    stale: [["applications"]],
    done: "There is a new user key",
    failed: "The user key could not be changed",
    onDone: close,
  });
  return (
    <>
      <Content component="p">User key</Content>
      <Flex>
        <ClipboardCopy
          variant="inline-compact"
          isCode
          hoverTip="Copy"
          clickTip="Copied"
          copyAriaLabel="Copy the user key"
          className="bellwire-break"
        >
          {userKey}
        </ClipboardCopy>
        <Button variant="secondary" size="sm" onClick={() => setOpen("set")}>
          Set user key
        </Button>
        <Button variant="secondary" size="sm" onClick={() => setOpen("regenerate")}>
          Regenerate user key
        </Button>
      </Flex>
      {open === "set" && <SetUserKeyDialog applicationKey={applicationKey} onClose={close} />}
      {open === "regenerate" && (
        <ConfirmDialog
          title="Make a new user key?"
          confirm="Regenerate"
          isBusy={regenerate.isPending}
          onConfirm={() => regenerate.mutate(undefined)}
          onClose={close}
        >
          <Content component="p">
            The old one opens nothing any more, at once, and the application must be given the new one.{" "}
            {toldToEndpoints}
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}

function SetUserKeyDialog({ applicationKey, onClose }: { applicationKey: ApplicationKey; onClose: () => void }) {
  const api = useManagement();
  const [userKey, setUserKey] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () => api.change(pathOf(applicationKey), { user_key: userKey }),
    stale: [["applications"]],
    done: "The user key was set",
    failed: "The user key could not be set",
    fields: ["user_key"],
    onDone: onClose,
  });
  return (
    <FormDialog
      title="Set the user key"
      description={`The old one opens nothing any more, at once. ${toldToEndpoints}`}
      submit="Set"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <TextField
        id="user_key"
        label="User key"
        isRequired
        errors={errors["user_key"]}
        value={userKey}
        onChange={setUserKey}
      />
    </FormDialog>
  );
}
