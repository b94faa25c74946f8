import { Button, Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import {
  type Limit,
  type Metric,
  type PricingRule,
  limitsQuery,
  metricsQuery,
  pricingRulesQuery,
} from "../../api/products.ts";
import { mayChangePlans, useSession } from "../../api/session.tsx";
import { formatCount } from "../../components/counts.ts";
import { SelectField, TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { fieldText, useChange, useDialogForm } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { SectionCard } from "../../components/page-header.tsx";

interface TermsProps {
  readonly planId: number;
  readonly productId: number;
}

const none: readonly Metric[] = [];

/** The product's metrics. Empty until they are loaded. */
const useMetrics = (productId: number): readonly Metric[] =>
  useQuery(metricsQuery(useManagement(), productId)).data ?? none;

const metricName = (metrics: readonly Metric[], id: number): string =>
  metrics.find((metric) => metric.id === id)?.friendly_name ?? "";

const metricColumn = (metrics: readonly Metric[]): ListColumn<{ readonly metric_id: number }> => ({
  title: "Metric or method",
  show: ({ metric_id: id }) => <Name>{metricName(metrics, id)}</Name>,
  place: "title",
  isName: true,
});

const metricOptions = (metrics: readonly Metric[]) =>
  metrics.map(({ id, friendly_name }) => ({ value: String(id), label: friendly_name }));

/** In the order of the API, with the words of the page. */
const periods: Readonly<Record<Limit["period"], string>> = {
  eternity: "Ever",
  year: "Year",
  month: "Month",
  week: "Week",
  day: "Day",
  hour: "Hour",
  minute: "Minute",
};

/** How much of each metric the applications of the plan may use. */
export function LimitList({ planId, productId }: TermsProps) {
  const query = useQuery(limitsQuery(useManagement(), planId));
  const metrics = useMetrics(productId);
  const mayChange = mayChangePlans(useSession());
  const [isCreating, setCreating] = useState(false);
  const [toEdit, setToEdit] = useState<Limit>();
  const [toDelete, setToDelete] = useState<Limit>();
  const columns = useMemo(() => [metricColumn(metrics), ...limitColumns], [metrics]);
  const nameOf = ({ metric_id, period }: Limit): string =>
    `${metricName(metrics, metric_id)}: ${periods[period].toLowerCase()}`;
  const actionsOf = (limit: Limit) => [
    { title: "Edit", onClick: () => setToEdit(limit) },
    { title: "Delete", isDanger: true, onClick: () => setToDelete(limit) },
  ];
  const create = mayChange && metrics.length > 0 && (
    <Button variant="secondary" size="sm" onClick={() => setCreating(true)}>
      Add a limit
    </Button>
  );
  return (
    <SectionCard title="Limits" actions={create}>
      <Content component="p">
        Limits say how much an application on this plan may use. Bellwire does not count: gateways read them.
      </Content>
      <Loaded query={query} skeleton={<TableSkeleton of="limits" />}>
        {(limits) =>
          limits.length > 0 ? (
            <InPortions rows={limits}>
              {(shown) => (
                <ListTable
                  label="Limits"
                  rows={shown}
                  columns={columns}
                  keyOf={({ id }) => id}
                  nameOf={nameOf}
                  actionsOf={mayChange ? actionsOf : undefined}
                />
              )}
            </InPortions>
          ) : (
            "This plan limits nothing."
          )
        }
      </Loaded>
      {isCreating && <NewLimit planId={planId} metrics={metrics} onClose={() => setCreating(false)} />}
      {toEdit && <EditLimit limit={toEdit} name={nameOf(toEdit)} onClose={() => setToEdit(undefined)} />}
      {toDelete && (
        <DeleteTerm
          path={`${termPath(toDelete)}/limits/${toDelete.id}`}
          of="limit"
          name={nameOf(toDelete)}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </SectionCard>
  );
}

const limitColumns: readonly ListColumn<Limit>[] = [
  { title: "Per", show: ({ period }) => periods[period], place: "start", isLabelled: true },
  { title: "At most", show: ({ value = 0 }) => formatCount(value), place: "end", isLabelled: true },
];

const termPath = ({ plan_id, metric_id }: Pick<Limit, "plan_id" | "metric_id">): string =>
  `application_plans/${plan_id}/metrics/${metric_id}`;

interface NewTermProps {
  readonly planId: number;
  readonly metrics: readonly Metric[];
  readonly onClose: () => void;
}

const periodOptions = Object.entries(periods).map(([value, label]) => ({ value, label }));
const integer = { type: "number", min: 0, step: 1 } as const;

function NewLimit({ planId, metrics, onClose }: NewTermProps) {
  const api = useManagement();
  const { field, dialog, values, type } = useDialogForm({
    saved: { metric_id: String(metrics[0]?.id), period: "minute", value: "" },
    fields: ["period", "value"],
    path: undefined,
    change: (typed) => {
      const { metric_id: metricId, ...limit } = { metric_id: String(metrics[0]?.id), period: "minute", ...typed };
      return api.create(`application_plans/${planId}/metrics/${metricId}/limits`, limit);
    },
    stale: [["plans", "limits", planId]],
    done: "The limit was added",
    failed: "The limit could not be added",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title="Add a limit" submit="Add" {...dialog}>
      <SelectField
        id="metric_id"
        label="Metric or method"
        value={fieldText(values["metric_id"])}
        options={metricOptions(metrics)}
        onChange={(metric_id) => type({ metric_id })}
      />
      <SelectField {...field("period")} label="Per" options={periodOptions} />
      <TextField {...field("value")} label="At most" isRequired hint="0 denies every use" input={integer} />
    </FormDialog>
  );
}

function EditLimit({ limit, name, onClose }: { limit: Limit; name: string; onClose: () => void }) {
  const api = useManagement();
  const path = `${termPath(limit)}/limits/${limit.id}`;
  const { field, dialog } = useDialogForm({
    saved: { ...limit },
    fields: ["period", "value"],
    path,
    change: (typed) => api.update(path, typed),
    stale: [["plans", "limits", limit.plan_id]],
    done: "The limit was updated",
    failed: "The limit could not be updated",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title={`Edit ${nameInText(name)}`} submit="Save" {...dialog}>
      <SelectField {...field("period")} label="Per" options={periodOptions} />
      <TextField {...field("value")} label="At most" isRequired hint="0 denies every use" input={integer} />
    </FormDialog>
  );
}

/** What the use of each metric costs on the plan. */
export function PriceList({ planId, productId }: TermsProps) {
  const query = useQuery(pricingRulesQuery(useManagement(), planId));
  const metrics = useMetrics(productId);
  const mayChange = mayChangePlans(useSession());
  const [isCreating, setCreating] = useState(false);
  const [toDelete, setToDelete] = useState<PricingRule>();
  const columns = useMemo(() => [metricColumn(metrics), ...priceColumns], [metrics]);
  const nameOf = (rule: PricingRule): string => `${metricName(metrics, rule.metric_id)} ${rangeOf(rule)}`;
  const create = mayChange && metrics.length > 0 && (
    <Button variant="secondary" size="sm" onClick={() => setCreating(true)}>
      Add a price
    </Button>
  );
  return (
    <SectionCard title="Prices" actions={create}>
      <Content component="p">
        A price is for one unit, and can depend on how many are used in a month. Bellwire charges nothing: billing
        systems read the prices.
      </Content>
      <Loaded query={query} skeleton={<TableSkeleton of="prices" />}>
        {(rules) =>
          rules.length > 0 ? (
            <InPortions rows={rules}>
              {(shown) => (
                <ListTable
                  label="Prices"
                  rows={shown}
                  columns={columns}
                  keyOf={({ id }) => id}
                  nameOf={nameOf}
                  actionsOf={
                    mayChange
                      ? (rule) => [{ title: "Delete", isDanger: true, onClick: () => setToDelete(rule) }]
                      : undefined
                  }
                />
              )}
            </InPortions>
          ) : (
            "The use of the API costs nothing on this plan."
          )
        }
      </Loaded>
      {isCreating && <NewPrice planId={planId} metrics={metrics} onClose={() => setCreating(false)} />}
      {toDelete && (
        <DeleteTerm
          path={`${termPath({ plan_id: planId, metric_id: toDelete.metric_id })}/pricing_rules/${toDelete.id}`}
          of="price"
          name={nameOf(toDelete)}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </SectionCard>
  );
}

const rangeOf = ({ min, max }: PricingRule): string =>
  max === undefined ? `from ${formatCount(min)}` : `${formatCount(min)} to ${formatCount(max)}`;

const priceColumns: readonly ListColumn<PricingRule>[] = [
  { title: "Units", show: rangeOf, place: "start", isLabelled: true },
  { title: "Cost per unit", show: ({ cost_per_unit }) => cost_per_unit, place: "end", isLabelled: true },
];

function NewPrice({ planId, metrics, onClose }: NewTermProps) {
  const api = useManagement();
  const { field, dialog, values, type } = useDialogForm({
    saved: { metric_id: String(metrics[0]?.id), min: "1", max: "", cost_per_unit: "" },
    fields: ["min", "max", "cost_per_unit"],
    path: undefined,
    change: (typed) => {
      const { metric_id: metricId, ...rule } = { metric_id: String(metrics[0]?.id), min: "1", ...typed };
      return api.create(`application_plans/${planId}/metrics/${metricId}/pricing_rules`, rule);
    },
    stale: [["plans", "prices", planId]],
    done: "The price was added",
    failed: "The price could not be added",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog title="Add a price" submit="Add" {...dialog}>
      <SelectField
        id="metric_id"
        label="Metric or method"
        value={fieldText(values["metric_id"])}
        options={metricOptions(metrics)}
        onChange={(metric_id) => type({ metric_id })}
      />
      <TextField {...field("min")} label="From" isRequired input={{ ...integer, min: 1 }} />
      <TextField {...field("max")} label="To" hint="If empty, for all further units" input={{ ...integer, min: 1 }} />
      <TextField
        {...field("cost_per_unit")}
        label="Cost per unit"
        isRequired
        hint="At most 4 decimals"
        input={{ type: "number", min: 0, step: "any" }}
      />
    </FormDialog>
  );
}

interface DeleteTermProps {
  readonly path: string;
  readonly of: "limit" | "price";
  readonly name: string;
  readonly onClose: () => void;
}

function DeleteTerm({ path, of, name, onClose }: DeleteTermProps) {
  const api = useManagement();
  const remove = useChange({
    change: () => api.delete(path),
    stale: [["plans"]],
    done: `The ${of} was deleted`,
    failed: `The ${of} could not be deleted`,
    onDone: onClose,
  });
  return (
    <DeleteDialog
      title={`Delete the ${of} of ${nameInText(name)}?`}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      Applications on this plan lose it at once. Custom plans keep their copies.
    </DeleteDialog>
  );
}
