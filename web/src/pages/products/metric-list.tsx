import { Button, Content, Flex } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type Metric, metricsQuery } from "../../api/products.ts";
import { mayChangeProducts, useSession } from "../../api/session.tsx";
import { TextAreaField, TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange, useDialogForm } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { SectionCard } from "../../components/page-header.tsx";

type Kind = "metric" | "method";

const kindOf = ({ parent_id }: Metric): Kind => (parent_id === undefined ? "metric" : "method");

/** The metric that every product has. It cannot be deleted, and methods are parts of it. */
const isHits = ({ system_name }: Metric): boolean => system_name === "hits";

/** What the product's API counts. Limits and prices of its plans refer to it. */
export function MetricList({ productId }: { productId: number }) {
  const query = useQuery(metricsQuery(useManagement(), productId));
  const mayChange = mayChangeProducts(useSession());
  const [toCreate, setToCreate] = useState<Kind>();
  const [toEdit, setToEdit] = useState<Metric>();
  const [toDelete, setToDelete] = useState<Metric>();
  const hits = query.data?.find(isHits);
  const actionsOf = (metric: Metric) => [
    { title: "Edit", onClick: () => setToEdit(metric) },
    ...(isHits(metric) ? [] : [{ title: "Delete", isDanger: true, onClick: () => setToDelete(metric) }]),
  ];
  return (
    <SectionCard title="Methods and metrics">
      <Content component="p">
        This API counts methods and metrics. Its plans can limit each of them and set a price. A method is a part of
        Hits.
      </Content>
      <Loaded query={query} skeleton={<TableSkeleton of="metrics" />}>
        {(metrics) => (
          <InPortions rows={metrics}>
            {(shown) => (
              <ListTable
                label="Methods and metrics"
                rows={shown}
                columns={columns}
                keyOf={({ id }) => id}
                nameOf={({ friendly_name }) => friendly_name}
                actionsOf={mayChange ? actionsOf : undefined}
              />
            )}
          </InPortions>
        )}
      </Loaded>
      {mayChange && (
        <Flex columnGap={{ default: "columnGapSm" }}>
          {hits && (
            <Button variant="secondary" size="sm" onClick={() => setToCreate("method")}>
              Create a method
            </Button>
          )}
          <Button variant="secondary" size="sm" onClick={() => setToCreate("metric")}>
            Create a metric
          </Button>
        </Flex>
      )}
      {toCreate && (
        <MetricDialog kind={toCreate} productId={productId} hitsId={hits?.id} onClose={() => setToCreate(undefined)} />
      )}
      {toEdit && (
        <MetricDialog
          kind={kindOf(toEdit)}
          productId={productId}
          metric={toEdit}
          onClose={() => setToEdit(undefined)}
        />
      )}
      {toDelete && <DeleteMetric productId={productId} metric={toDelete} onClose={() => setToDelete(undefined)} />}
    </SectionCard>
  );
}

const columns: readonly ListColumn<Metric>[] = [
  {
    title: "Name",
    show: ({ friendly_name }) => <Name>{friendly_name}</Name>,
    place: "title",
    isName: true,
  },
  { title: "Kind", show: (metric) => (kindOf(metric) === "method" ? "Method" : "Metric"), place: "state" },
  {
    title: "System name",
    show: ({ system_name }) => <span className="bellwire-mono">{system_name}</span>,
    place: "start",
    isName: true,
  },
  { title: "Unit", show: ({ unit }) => <Name>{unit}</Name>, place: "middle", isName: true, isLabelled: true },
  {
    title: "Description",
    show: ({ description }) => description && <Name>{description}</Name>,
    place: "below",
    isName: true,
  },
];

/** The page that a plan's limits and prices are on shows names of metrics, too. */
const staleOf = (productId: number) => [["metrics", productId], ["plans"]];

interface MetricDialogProps {
  readonly kind: Kind;
  readonly productId: number;
  /** The metric of a new method. */
  readonly hitsId?: number | undefined;
  /** Without it, the dialog creates one. */
  readonly metric?: Metric;
  readonly onClose: () => void;
}

function MetricDialog({ kind, productId, hitsId, metric, onClose }: MetricDialogProps) {
  const api = useManagement();
  const all = `services/${productId}/metrics`;
  const newPath = kind === "method" ? `${all}/${hitsId}/methods` : all;
  const path = metric && `${all}/${metric.id}`;
  const { field, dialog } = useDialogForm({
    saved: metric ? { ...metric } : {},
    fields: ["friendly_name", "system_name", "unit", "description"],
    path,
    change: (typed) => (path ? api.update(path, typed) : api.create(newPath, typed)),
    stale: staleOf(productId),
    done: `The ${kind} was ${metric ? "updated" : "created"}`,
    failed: `The ${kind} could not be ${metric ? "updated" : "created"}`,
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog
      title={metric ? `Edit ${nameInText(metric.friendly_name)}` : `Create a ${kind}`}
      submit={metric ? "Save" : "Create"}
      {...dialog}
    >
      <TextField {...field("friendly_name")} label="Name" isRequired />
      {!metric && (
        <TextField
          {...field("system_name")}
          label="System name"
          hint="Programs refer to it. Without one, it derives from the name. It cannot be changed later"
        />
      )}
      {kind === "metric" && (
        <TextField {...field("unit")} label="Unit" isRequired hint="One of what is counted, for example: hit" />
      )}
      <TextAreaField {...field("description")} label="Description" />
    </FormDialog>
  );
}

interface DeleteMetricProps {
  readonly productId: number;
  readonly metric: Metric;
  readonly onClose: () => void;
}

function DeleteMetric({ productId, metric, onClose }: DeleteMetricProps) {
  const api = useManagement();
  const kind = kindOf(metric);
  const remove = useChange({
    change: () => api.delete(`services/${productId}/metrics/${metric.id}`),
    stale: staleOf(productId),
    done: `The ${kind} was deleted`,
    failed: `The ${kind} could not be deleted`,
    onDone: onClose,
  });
  return (
    <DeleteDialog
      title={`Delete ${nameInText(metric.friendly_name)}?`}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      This also deletes its limits and prices in all plans, custom plans included. They cannot be restored.
    </DeleteDialog>
  );
}
