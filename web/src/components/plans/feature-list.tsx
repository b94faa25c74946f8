import { Button, Content, Form, FormGroup, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { type Feature, featuresPath, featuresQuery, planFeaturesQuery } from "../../api/products.ts";
import { mayChangeFeatures, mayChangePlans, useSession } from "../../api/session.tsx";
import { formatCount } from "../counts.ts";
import { SelectField, SwitchField, TextField } from "../form/fields.tsx";
import { DeleteDialog, FormDialog } from "../form/form-dialog.tsx";
import { useChange, useDialogForm } from "../form/use-change.ts";
import { Name } from "../labels.tsx";
import { nameInText } from "../words.ts";
import { type ListColumn, ListTable } from "../list-table.tsx";
import { InPortions } from "../lists.tsx";
import { Loaded, TableSkeleton } from "../loaded.tsx";
import { SectionCard } from "../page-header.tsx";

type Kind = "account_plan" | "service_plan" | "application_plan";

interface PlanOfKind {
  readonly id: number;
  readonly name: string;
  readonly kind: Kind;
}

interface FeaturesProps {
  /** The product. Without it, the features of account plans. */
  readonly productId?: number;
  /** The plans that can have the features, as far as the user may read them. */
  readonly plans: readonly PlanOfKind[];
}

const titleOf = ({ name, system_name }: Feature): string => name || system_name;

/** Lists what plans promise, with the plans that do, and lets users who may change features or plans change both. */
export function FeatureCard({ productId, plans }: FeaturesProps) {
  const query = useQuery(featuresQuery(useManagement(), productId));
  const mayChange = mayChangeFeatures(useSession());
  const [isCreating, setCreating] = useState(false);
  const close = (): void => setCreating(false);
  return (
    <SectionCard
      title="Features"
      actions={
        mayChange && (
          <Button variant="secondary" size="sm" onClick={() => setCreating(true)}>
            Create a feature
          </Button>
        )
      }
    >
      <Content component="p">
        Plans promise features, such as 24/7 support. Developers see the features of each plan.
      </Content>
      <Loaded query={query} skeleton={<TableSkeleton of="features" />}>
        {(features) => <FeatureList productId={productId} plans={plans} features={features} />}
      </Loaded>
      {isCreating && <FeatureDialog productId={productId} onClose={close} />}
    </SectionCard>
  );
}

type FeatureListProps = Omit<FeaturesProps, "productId"> & {
  readonly productId: number | undefined;
  readonly features: readonly Feature[];
};

function FeatureList({ productId, plans, features }: FeatureListProps) {
  const api = useManagement();
  const { data: enabled = [] } = useQuery(planFeaturesQuery(useApi(), productId));
  const session = useSession();
  const [open, setOpen] = useState<{ readonly dialog: "edit" | "delete" | "plans"; readonly id: number }>();
  const close = (): void => setOpen(undefined);
  const feature = features.find(({ id }) => id === open?.id);
  const remove = useChange({
    change: (id: number) => api.delete(`${featuresPath(productId)}/${id}`),
    stale: [["features"]],
    done: "The feature was deleted",
    failed: "The feature could not be deleted",
    onDone: close,
  });
  const enabledBy = useMemo(() => Map.groupBy(enabled, ({ feature_id }) => feature_id), [enabled]);
  const plansWith = ({ id }: Feature): ReadonlySet<number> => new Set(enabledBy.get(id)?.map(({ plan_id }) => plan_id));
  const columns = columnsOf(productId, (row) => {
    const ids = plansWith(row);
    return plans.filter(({ id }) => ids.has(id));
  });
  const actionsOf = (row: Feature) => [
    ...(mayEnable(session, row)
      ? [{ title: "Choose plans", onClick: () => setOpen({ dialog: "plans", id: row.id }) }]
      : []),
    ...(mayChangeFeatures(session)
      ? [
          { title: "Edit", onClick: () => setOpen({ dialog: "edit", id: row.id }) },
          { title: "Delete", isDanger: true, onClick: () => setOpen({ dialog: "delete", id: row.id }) },
        ]
      : []),
  ];
  if (features.length === 0) return <Content component="p">There are no features yet.</Content>;
  return (
    <>
      <InPortions rows={features}>
        {(shown) => (
          <ListTable
            label="Features"
            rows={shown}
            columns={columns}
            keyOf={({ id }) => id}
            nameOf={titleOf}
            actionsOf={actionsOf}
            isBusy={remove.isPending}
          />
        )}
      </InPortions>
      {feature && open?.dialog === "edit" && <FeatureDialog productId={productId} feature={feature} onClose={close} />}
      {feature && open?.dialog === "plans" && (
        <PlansDialog feature={feature} plans={plans} enabled={plansWith(feature)} onClose={close} />
      )}
      {feature && open?.dialog === "delete" && (
        <DeleteDialog
          title={`Delete ${nameInText(titleOf(feature))}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(feature.id)}
          onClose={close}
        >
          The plans that have this feature lose it. It cannot be restored.
        </DeleteDialog>
      )}
    </>
  );
}

/** As in 3scale, the features of application plans need fewer rights than those of others. */
const mayEnable = (session: ReturnType<typeof useSession>, { scope }: Feature): boolean =>
  scope === "application_plan" ? mayChangeFeatures(session) : mayChangePlans(session);

/** The names of further plans are in the dialog that chooses them. */
const namedMax = 10;

const columnsOf = (
  productId: number | undefined,
  plansWith: (feature: Feature) => readonly PlanOfKind[],
): readonly ListColumn<Feature>[] => [
  { title: "Feature", show: (feature) => <Name>{titleOf(feature)}</Name>, place: "title", isName: true },
  { title: "Description", show: ({ description }) => description, place: "text", isName: true },
  ...(productId === undefined
    ? []
    : [{ title: "For", show: ({ scope }: Feature) => kindNames[scope], place: "end" } as const]),
  {
    title: "Plans",
    show: (feature) => {
      const having = plansWith(feature);
      const more = having.length > namedMax + 1 ? having.length - namedMax : 0;
      const names = having.slice(0, having.length - more).map(({ name }) => nameInText(name));
      return [...names, ...(more > 0 ? [`${formatCount(more)} more`] : [])].join(", ") || "None";
    },
    place: "below",
    isLabelled: true,
    isName: true,
  },
];

const kindNames: Readonly<Record<string, string>> = {
  account_plan: "Account plans",
  service_plan: "Service plans",
  application_plan: "Application plans",
};

interface PlansDialogProps {
  readonly feature: Feature;
  readonly plans: readonly PlanOfKind[];
  readonly enabled: ReadonlySet<number>;
  readonly onClose: () => void;
}

/** Gives the feature to plans, and takes it from them, with one click each. */
function PlansDialog({ feature, plans, enabled, onClose }: PlansDialogProps) {
  const id = useId();
  const api = useManagement();
  const toggle = useChange({
    change: async ({ plan, isOn }: { plan: PlanOfKind; isOn: boolean }): Promise<void> => {
      const path = `${plan.kind}s/${plan.id}/features`;
      if (isOn) await api.create(path, { feature_id: feature.id });
      else await api.delete(`${path}/${feature.id}`);
    },
    stale: [["features", "of plans"]],
    failed: "The plan could not be changed",
  });
  const own = plans.filter(({ kind }) => kind === feature.scope);
  return (
    <Modal variant="small" isOpen onClose={onClose} aria-labelledby={id}>
      <ModalHeader title={`Plans with ${nameInText(titleOf(feature))}`} labelId={id} />
      <ModalBody>
        {own.length === 0 && <Content component="p">There are no such plans yet.</Content>}
        <Form onSubmit={(event) => event.preventDefault()}>
          <FormGroup role="group" aria-labelledby={id}>
            {own.map((plan) => (
              <SwitchField
                key={plan.id}
                id={`plan-${plan.id}`}
                label={nameInText(plan.name)}
                isOn={enabled.has(plan.id)}
                onChange={(isOn) => !toggle.isPending && toggle.mutate({ plan, isOn })}
              />
            ))}
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button onClick={onClose}>Close</Button>
      </ModalFooter>
    </Modal>
  );
}

interface FeatureDialogProps {
  readonly productId: number | undefined;
  /** Without it, the dialog creates a feature. */
  readonly feature?: Feature;
  readonly onClose: () => void;
}

const fields = ["name", "system_name", "description", "scope"] as const;

const newFeature = { name: "", system_name: "", description: "", scope: "ApplicationPlan" };

function FeatureDialog({ productId, feature, onClose }: FeatureDialogProps) {
  const api = useManagement();
  const path = feature && `${featuresPath(productId)}/${feature.id}`;
  const { field, dialog } = useDialogForm({
    saved: { ...(feature ?? newFeature) },
    fields,
    path,
    change: (typed) => (path ? api.update(path, typed) : api.create(featuresPath(productId), typed)),
    stale: [["features"]],
    done: feature ? "The feature was updated" : "The feature was created",
    failed: feature ? "The feature could not be updated" : "The feature could not be created",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog
      title={feature ? `Edit ${nameInText(titleOf(feature))}` : "Create a feature"}
      submit={feature ? "Save" : "Create"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
      <TextField {...field("description")} label="Description" />
      {feature && <TextField {...field("system_name")} label="System name" isRequired />}
      {!feature && productId !== undefined && (
        <SelectField
          {...field("scope")}
          label="For"
          options={[
            { value: "ApplicationPlan", label: "Application plans" },
            { value: "ServicePlan", label: "Service plans" },
          ]}
        />
      )}
    </FormDialog>
  );
}
