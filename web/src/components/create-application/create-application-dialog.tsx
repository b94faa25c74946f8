import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../api/management/account-queries.ts";
import type { Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { productsQuery } from "../../api/management/product-queries.ts";
import { DefinedFields, useDefinitions } from "../form/defined-fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { useChange } from "../use-change.ts";
import { AccountChoice } from "./account-choice.tsx";
import { credentialNames, planIdOf, productOf, valuesOf, type ApplicationDraft } from "./application-draft.ts";
import { ChosenCredentials } from "./chosen-credentials.tsx";
import { PlanChoice } from "./plan-choice.tsx";

export interface CreateApplicationDialogProps {
  /** Whose it will be. None: it is chosen. */
  readonly account?: Pick<Account, "id" | "org_name">;
  readonly onClose: () => void;
}

const nothing = {};

export function CreateApplicationDialog({ account, onClose }: CreateApplicationDialogProps) {
  const api = useManagement();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Pick<Account, "id" | "org_name">>();
  const [draft, setDraft] = useState<ApplicationDraft>({ values: nothing });
  const type = (values: ApplicationDraft["values"]): void =>
    setDraft({ ...draft, values: { ...draft.values, ...values } });
  const { data: products = [], isSuccess: areProductsThere } = useQuery(productsQuery(api));
  const product = productOf(draft, products);
  const { data: plans } = useQuery({ ...applicationPlansQuery(api, product?.id ?? 0), enabled: product !== undefined });
  const planId = planIdOf(draft, plans ?? []);
  const owner = account ?? chosen;
  const { mutate, isPending, errors } = useChange({
    change: async () => {
      if (!product || !owner) return undefined;
      const path = `accounts/${owner.id}/applications`;
      return (await api.create<{ application: Application }>(path, valuesOf(draft, product, planId))).application;
    },
    stale: [["applications"], ["plans"]],
    done: "The application was created",
    failed: "The application could not be created",
    fields: [...useDefinitions("Cinstance").map(({ name }) => name), "plan_id", ...credentialNames],
    onDone: (made) =>
      made &&
      navigate({
        to: "/accounts/$accountId/applications/$id",
        params: { accountId: String(made.account_id), id: String(made.id) },
      }),
  });
  return (
    <FormDialog
      title="Create an application"
      {...(account && { description: `Of ${account.org_name}.` })}
      submit="Create"
      isBusy={isPending}
      isDisabled={!owner || !product || !planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {!account && <AccountChoice chosen={chosen} onChoose={setChosen} />}
      <PlanChoice
        products={areProductsThere ? products : undefined}
        product={product}
        plans={plans}
        planId={planId}
        errors={errors["plan_id"]}
        onProduct={(productId) => setDraft({ values: draft.values, productId })}
        onPlan={(chosenPlan) => setDraft({ ...draft, planId: chosenPlan })}
      />
      <DefinedFields target="Cinstance" values={draft.values} saved={nothing} errors={errors} onChange={type} />
      {product && (
        <ChosenCredentials
          backendVersion={product.backend_version}
          values={draft.values}
          errors={errors}
          onChange={type}
        />
      )}
    </FormDialog>
  );
}
