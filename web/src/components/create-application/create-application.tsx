import { Button, type ButtonProps } from "@patternfly/react-core";
import { useState } from "react";

import { CreateApplicationDialog, type CreateApplicationDialogProps } from "./create-application-dialog.tsx";

type CreateApplicationProps = Pick<CreateApplicationDialogProps, "account"> & Pick<ButtonProps, "variant" | "isInline">;

export function CreateApplication({ account, ...look }: CreateApplicationProps) {
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <Button {...look} onClick={() => setCreating(true)}>
        Create an application
      </Button>
      {isCreating && <CreateApplicationDialog {...(account && { account })} onClose={() => setCreating(false)} />}
    </>
  );
}
