import { Button, Label } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  type AlertKind,
  type AlertRule,
  alertKindNames,
  alertKinds,
  alertRulesQuery,
  describeRule,
  shownThreshold,
  storedThreshold,
} from "../../api/alerts.ts";
import { expectDeleted, responseBody, useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { refuseConflicts } from "../../components/form/conflicts.ts";
import { SelectField, SwitchField, TextField } from "../../components/form/fields.tsx";
import { ConfirmDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { SectionCard } from "../../components/page-header.tsx";

/** The rules of the provider, with their editor. */
export function RuleList() {
  const api = useApi();
  const query = useQuery(alertRulesQuery(api));
  const { data: endpoints = [] } = useQuery(endpointsQuery(api));
  const [toEdit, setToEdit] = useState<AlertRule | "new">();
  const [toDelete, setToDelete] = useState<AlertRule>();
  const nameOf = (id: number): string => endpoints.find((endpoint) => endpoint.id === id)?.name ?? `Endpoint ${id}`;
  const scopeOf = ({ endpoint_id }: AlertRule): string =>
    endpoint_id === null ? "all endpoints" : nameOf(endpoint_id);
  const change = useChange({
    change: ({ id, is_enabled }: Pick<AlertRule, "id" | "is_enabled">) =>
      responseBody(api.PATCH("/api/v1/alert-rules/{id}", { params: { path: { id } }, body: { is_enabled } })),
    stale: [["alerts"]],
    failed: "The rule could not be changed",
  });
  const remove = useChange({
    change: (id: number) => expectDeleted(api.DELETE("/api/v1/alert-rules/{id}", { params: { path: { id } } })),
    stale: [["alerts"]],
    done: "The rule was deleted",
    failed: "The rule could not be deleted",
    onDone: () => setToDelete(undefined),
  });
  const actionsOf = (rule: AlertRule) => [
    { title: "Edit", onClick: () => setToEdit(rule) },
    {
      title: rule.is_enabled ? "Disable" : "Enable",
      onClick: () => change.mutate({ id: rule.id, is_enabled: !rule.is_enabled }),
    },
    { title: "Delete", isDanger: true, onClick: () => setToDelete(rule) },
  ];
  return (
    <SectionCard
      title="Rules"
      actions={
        <Button variant="secondary" onClick={() => setToEdit("new")}>
          Add a rule
        </Button>
      }
    >
      <Loaded query={query} skeleton={<TableSkeleton of="rules" />}>
        {(rules) => (
          <ListTable
            label="Rules"
            rows={rules}
            columns={[alertColumn, endpointColumn(nameOf), ...conditionColumns]}
            keyOf={({ id }) => id}
            nameOf={(rule) => `${alertKinds[rule.kind].title}, ${scopeOf(rule)}`}
            actionsOf={actionsOf}
            isBusy={change.isPending || remove.isPending}
          />
        )}
      </Loaded>
      {toDelete && (
        <ConfirmDialog
          title={`Delete the rule “${alertKinds[toDelete.kind].title}” of ${nameInText(scopeOf(toDelete))}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          Endpoints without another rule of this kind are no longer watched for it, and their open alerts close.
        </ConfirmDialog>
      )}
      {toEdit && <RuleDialog {...(toEdit !== "new" && { rule: toEdit })} onClose={() => setToEdit(undefined)} />}
    </SectionCard>
  );
}

const alertColumn: ListColumn<AlertRule> = {
  title: "Alert",
  show: ({ kind, is_enabled }) => (
    <>
      {alertKinds[kind].title} {!is_enabled && <Label isCompact>Disabled</Label>}
    </>
  ),
  place: "title",
};

const endpointColumn = (nameOf: (id: number) => string): ListColumn<AlertRule> => ({
  title: "Endpoint",
  show: ({ endpoint_id }) => (endpoint_id === null ? "All endpoints" : <Name>{nameOf(endpoint_id)}</Name>),
  place: "value",
  isName: true,
});

const conditionColumns: readonly ListColumn<AlertRule>[] = [
  { title: "Condition", show: describeRule, place: "text" },
  { title: "Email", show: ({ by_mail }) => (by_mail ? "Yes" : "No"), place: "end", isLabelled: true },
];

interface RuleDraft {
  readonly kind: AlertKind;
  /** The endpoint's id, or empty for all. */
  readonly endpoint: string;
  readonly threshold: string;
  readonly clearThreshold: string;
  readonly forMinutes: string;
  readonly clearForMinutes: string;
  readonly minAttempts: string;
  readonly byMail: boolean;
}

const newDraft: RuleDraft = {
  kind: "success_rate",
  endpoint: "",
  threshold: "80",
  clearThreshold: "95",
  forMinutes: "10",
  clearForMinutes: "10",
  minAttempts: "20",
  byMail: true,
};

const draftOf = (rule: AlertRule): RuleDraft => ({
  kind: rule.kind,
  endpoint: rule.endpoint_id === null ? "" : String(rule.endpoint_id),
  threshold: shownThreshold(rule.kind, rule.threshold),
  clearThreshold: shownThreshold(rule.kind, rule.clear_threshold),
  forMinutes: String(rule.for_seconds / 60),
  clearForMinutes: String(rule.clear_for_seconds / 60),
  minAttempts: String(rule.min_attempts),
  byMail: rule.by_mail,
});

/** Returns the settings of a rule. A text that is not a number is left out, and the field that needs it says so. */
function bodyOf(draft: RuleDraft) {
  const isPresent = alertKinds[draft.kind].problemSide === "present";
  const [threshold, clear_threshold] = isPresent
    ? [null, null]
    : [storedThreshold(draft.kind, draft.threshold), storedThreshold(draft.kind, draft.clearThreshold)];
  return {
    ...(threshold !== undefined && { threshold }),
    ...(clear_threshold !== undefined && { clear_threshold }),
    for_seconds: Math.round(Number(draft.forMinutes) * 60),
    clear_for_seconds: Math.round(Number(draft.clearForMinutes) * 60),
    min_attempts: Number(draft.minAttempts),
    by_mail: draft.byMail,
  };
}

/** Returns only the edited settings, so that changes of another admin survive. */
function changesOf(draft: RuleDraft, rule: AlertRule): Partial<ReturnType<typeof bodyOf>> {
  const saved = new Map<string, unknown>(Object.entries(bodyOf(draftOf(rule))));
  return Object.fromEntries(Object.entries(bodyOf(draft)).filter(([name, value]) => value !== saved.get(name)));
}

/** The API's names of the fields that two admins can edit at the same time. */
const fieldNames: ReadonlyMap<string, string> = new Map([
  ["clearThreshold", "clear_threshold"],
  ["forMinutes", "for_seconds"],
  ["clearForMinutes", "clear_for_seconds"],
  ["minAttempts", "min_attempts"],
  ["byMail", "by_mail"],
]);

/** Throws for each edited field that somebody else has changed since the rule was `seen`. */
function refuseRuleConflicts(draft: RuleDraft, seen: AlertRule, present: AlertRule): void {
  const before = new Map<string, unknown>(Object.entries(draftOf(seen)));
  refuseConflicts({
    seen: { ...draftOf(seen) },
    present: { ...draftOf(present) },
    edited: Object.fromEntries(Object.entries(draft).filter(([name, value]) => value !== before.get(name))),
    nameOf: (field) => fieldNames.get(field) ?? field,
  });
}

const kindOptions = alertKindNames.map((value) => ({ value, label: alertKinds[value].title }));

/** Creates or edits a rule. Kind and endpoint of an existing rule stay. */
function RuleDialog({ rule, onClose }: { rule?: AlertRule; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const [draft, setDraft] = useState(rule ? draftOf(rule) : newDraft);
  const [seen, setSeen] = useState(rule);
  const { kind } = draft;
  const saveEdits = async (edited: AlertRule): Promise<AlertRule> => {
    const rules = await client.fetchQuery({ ...alertRulesQuery(api), staleTime: 0 });
    const present = rules.find(({ id }) => id === edited.id);
    if (present && seen) {
      setSeen(present);
      refuseRuleConflicts(draft, seen, present);
    }
    const params = { path: { id: edited.id } };
    return responseBody(api.PATCH("/api/v1/alert-rules/{id}", { params, body: changesOf(draft, edited) }));
  };
  const { mutate, isPending, errors } = useChange({
    change: () =>
      rule
        ? saveEdits(rule)
        : responseBody(
            api.POST("/api/v1/alert-rules", {
              body: { kind, endpoint_id: draft.endpoint === "" ? null : Number(draft.endpoint), ...bodyOf(draft) },
            }),
          ),
    stale: [["alerts"]],
    done: rule ? "The rule was changed" : "The rule was added",
    failed: rule ? "The rule could not be changed" : "The rule could not be added",
    fields: ["threshold", "clear_threshold", "for_seconds", "clear_for_seconds", "min_attempts", "kind"],
    leave: onClose,
  });
  const fields = { draft, errors, onEdit: (changed: Partial<RuleDraft>) => setDraft({ ...draft, ...changed }) };
  return (
    <FormDialog
      title={rule ? `Edit: ${alertKinds[kind].title}` : "Add a rule"}
      submit={rule ? "Save" : "Add"}
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      {!rule && <ScopeFields {...fields} />}
      {alertKinds[kind].problemSide !== "present" && <ThresholdFields {...fields} />}
      <DurationFields {...fields} />
      <SwitchField
        id="by_mail"
        label="Email to the admins"
        isOn={draft.byMail}
        onChange={(byMail) => fields.onEdit({ byMail })}
      />
    </FormDialog>
  );
}

interface RuleFieldsProps {
  readonly draft: RuleDraft;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly onEdit: (changed: Partial<RuleDraft>) => void;
}

function ScopeFields({ draft, errors, onEdit }: RuleFieldsProps) {
  const { data: endpoints = [] } = useQuery(endpointsQuery(useApi()));
  return (
    <>
      <SelectField
        id="kind"
        label="Alert"
        errors={errors["kind"]}
        value={draft.kind}
        options={kindOptions}
        onChange={(kind) => onEdit({ kind })}
      />
      <SelectField
        id="endpoint"
        label="Endpoint"
        hint="A rule of one endpoint replaces the rule for all"
        value={draft.endpoint}
        options={[
          { value: "", label: "All endpoints" },
          ...endpoints.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        onChange={(endpoint) => onEdit({ endpoint })}
      />
    </>
  );
}

const number = { type: "number", min: 0, step: "any" } as const;

function ThresholdFields({ draft, errors, onEdit }: RuleFieldsProps) {
  const { unit, problemSide } = alertKinds[draft.kind];
  return (
    <>
      <TextField
        id="threshold"
        label={`Opens ${problemSide} (${unit})`}
        isRequired
        errors={errors["threshold"]}
        value={draft.threshold}
        input={number}
        onChange={(threshold) => onEdit({ threshold })}
      />
      <TextField
        id="clear_threshold"
        label={`Closes with at ${problemSide === "below" ? "least" : "most"} (${unit})`}
        isRequired
        errors={errors["clear_threshold"]}
        value={draft.clearThreshold}
        input={number}
        onChange={(clearThreshold) => onEdit({ clearThreshold })}
      />
    </>
  );
}

function DurationFields({ draft, errors, onEdit }: RuleFieldsProps) {
  return (
    <>
      <TextField
        id="for_seconds"
        label="Opens after (minutes)"
        isRequired
        hint="0: with the first check"
        errors={errors["for_seconds"]}
        value={draft.forMinutes}
        input={number}
        onChange={(forMinutes) => onEdit({ forMinutes })}
      />
      <TextField
        id="clear_for_seconds"
        label="Closes after (minutes)"
        isRequired
        errors={errors["clear_for_seconds"]}
        value={draft.clearForMinutes}
        input={number}
        onChange={(clearForMinutes) => onEdit({ clearForMinutes })}
      />
      {(draft.kind === "success_rate" || draft.kind === "latency_p95") && (
        <TextField
          id="min_attempts"
          label="Attempts in 15 minutes"
          isRequired
          hint="Fewer attempts are ignored"
          errors={errors["min_attempts"]}
          value={draft.minAttempts}
          input={{ type: "number", min: 1 }}
          onChange={(minAttempts) => onEdit({ minAttempts })}
        />
      )}
    </>
  );
}
