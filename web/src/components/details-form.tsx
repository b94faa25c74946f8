import { ActionGroup, Button, Form } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import type { FormEvent } from "react";

import type { FieldTarget } from "../api/management/fields-definition-queries.ts";
import type { Values } from "../api/management/management-client.ts";
import { useManagement } from "../api/management/management-context.ts";
import { DefinedFields, useDefinitions } from "./form/defined-fields.tsx";
import { useChange } from "./use-change.ts";
import { useTyped } from "./use-typed.ts";

export interface DetailsFormProps {
  readonly target: FieldTarget;
  /** Where the object is, in the API. */
  readonly path: string;
  readonly saved: Values;
  readonly stale: readonly QueryKey[];
  /** What is changed, in words: "account". */
  readonly noun: string;
}

/** The defined fields of an account or application, to be read and changed. */
export function DetailsForm({ target, path, saved, stale, noun }: DetailsFormProps) {
  const api = useManagement();
  const { values, typed, change, forget } = useTyped(saved);
  const { mutate, isPending, errors, reset, take } = useChange({
    change: () => api.change(path, typed),
    stale,
    done: `The ${noun} was changed`,
    failed: `The ${noun} could not be changed`,
    fields: useDefinitions(target).map(({ name }) => name),
    onDone: forget,
  });
  const submit = (event: FormEvent): void => {
    take(event);
    mutate(undefined);
  };
  return (
    // What was saved without a field that is required by now may stay so: the API refuses what must not be.
    <Form noValidate onSubmit={submit} isWidthLimited maxWidth="40rem">
      <DefinedFields target={target} values={values} saved={saved} errors={errors} onChange={change} />
      <ActionGroup>
        <Button type="submit" isLoading={isPending} isDisabled={isPending || !typed}>
          Save
        </Button>
        {typed && (
          <Button
            variant="link"
            onClick={() => {
              forget();
              reset();
            }}
          >
            Discard changes
          </Button>
        )}
      </ActionGroup>
    </Form>
  );
}
