import {
  Button,
  Content,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import InboxIcon from "@patternfly/react-icons/dist/esm/icons/inbox-icon";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "../../components/counts.ts";
import { ApiProblem, errorMessage } from "../../api/api-problem.ts";
import { useApi, responseBody, expectDeleted } from "../../api/bellwire-client.ts";
import { type Bin, binsQuery } from "../../api/endpoints.ts";
import { binLimits } from "../../api/facts.ts";
import type { Values } from "../../api/management-client.ts";
import { CopyText } from "../../components/copy-text.tsx";
import { TextField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog } from "../../components/form/form-dialog.tsx";
import { fieldText, useEdits, useMutationOnce } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { useToast } from "../../components/toast-context.ts";

export function RequestBinsPage() {
  const query = useQuery(binsQuery(useApi()));
  const { create } = useBinActions();
  const createButton = (
    <Button isLoading={create.isPending} isAriaDisabled={create.isPending} onClick={() => create.mutate()}>
      Create a bin
    </Button>
  );
  return (
    <>
      <PageHeader title="Request bins" actions={query.data?.length ? createButton : undefined}>
        A request bin is a receiver for tests. It shows any request, responds as you script it, compares requests,
        checks their signatures and forwards them.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="bins" />}>
          {(bins) =>
            bins.length > 0 ? (
              <BinsTable bins={bins} />
            ) : (
              <EmptyState titleText="No bins yet" icon={InboxIcon} headingLevel="h2">
                <EmptyStateBody>
                  Create a bin, enter its address as the URL of your webhooks, and watch the requests with headers, body
                  and signature.
                </EmptyStateBody>
                <EmptyStateFooter>
                  <EmptyStateActions>{createButton}</EmptyStateActions>
                </EmptyStateFooter>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}

function BinsTable({ bins }: { bins: readonly Bin[] }) {
  const [toDelete, setToDelete] = useState<Bin>();
  const [toChange, setToChange] = useState<Bin>();
  const { remove } = useBinActions();
  return (
    <>
      <ListTable
        label="Request bins"
        rows={bins}
        columns={[nameColumn, responseColumn(setToChange), ...columns]}
        keyOf={({ id }) => id}
        nameOf={called}
        actionsOf={(bin) => [
          { title: "Change name, response or forward URL", onClick: () => setToChange(bin) },
          { title: "Delete", isDanger: true, onClick: () => setToDelete(bin) },
        ]}
      />
      {toChange && <ChangeBinDialog bin={toChange} onClose={() => setToChange(undefined)} />}
      {toDelete && (
        <DeleteDialog
          title="Delete this bin?"
          isBusy={remove.isPending}
          onClose={() => setToDelete(undefined)}
          onConfirm={() => remove.mutate(toDelete.id, { onSuccess: () => setToDelete(undefined) })}
        >
          This also deletes its requests. Further deliveries to this bin will fail.
        </DeleteDialog>
      )}
    </>
  );
}

const nameColumn: ListColumn<Bin> = {
  title: "Bin",
  show: ({ name, url }) => (
    <>
      {name !== "" && <Content component="p">{name}</Content>}
      <CopyText label={`Copy ${url}`}>{url}</CopyText>
    </>
  ),
  place: "title",
  isName: true,
};

const responseColumn = (onChange: (bin: Bin) => void): ListColumn<Bin> => ({
  title: "Response",
  show: (bin) => (
    <Button
      variant="link"
      isInline
      aria-label={`${describeAnswer(bin)}, change ${called(bin)}`}
      onClick={() => onChange(bin)}
    >
      {describeAnswer(bin)}
    </Button>
  ),
  place: "start",
  isLabelled: true,
});

const columns: readonly ListColumn<Bin>[] = [
  {
    title: "Requests",
    show: (bin) => (
      <Button
        component="a"
        variant="link"
        isInline
        href={bin.view_url}
        target="_blank"
        rel="noreferrer"
        aria-label={`Show requests of ${called(bin)}`}
      >
        Show requests ({formatCount(bin.requests_caught)})
      </Button>
    ),
    place: "end",
  },
  { title: "Created", show: ({ created_at }) => <When at={created_at} /> },
];

/** Names the bin for screen readers. */
const called = ({ name, url }: Bin): string => name || url;

/** Changes the name, the default response and the forward URL. Rules are edited on the bin's page. */
function ChangeBinDialog({ bin, onClose }: { bin: Bin; onClose: () => void }) {
  const { values, typed = {}, change: edit, refuseConflicts } = useEdits({ ...bin });
  const { change } = useBinActions();
  const errors = change.error instanceof ApiProblem ? change.error.errors : {};
  const field = (id: "name" | "answer_status" | "answer_delay_ms" | "forward_url") => ({
    id,
    errors: errors[id],
    value: fieldText(values[id]),
    onChange: (value: string) => edit({ [id]: value }),
  });
  const refuse = (present: Bin): void => refuseConflicts({ ...present }, typed);
  const submit = (): void => change.mutate({ id: bin.id, refuse, ...requestBody(typed) }, { onSuccess: onClose });
  return (
    <FormDialog
      title="Change the bin"
      description="Let the bin fail or respond slowly, and watch the retries. Scripted responses are on the bin's page."
      submit="Save"
      isBusy={change.isPending}
      isDisabled={Object.keys(typed).length === 0}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField {...field("name")} label="Name" />
      <TextField
        {...field("answer_status")}
        label="Status"
        isRequired
        hint={`From ${binLimits.answer_status.min} to ${binLimits.answer_status.max}. Only 200 counts as delivered, unless the endpoint's settings say otherwise`}
        input={{ type: "number", ...binLimits.answer_status }}
      />
      <TextField
        {...field("answer_delay_ms")}
        label="Delay in milliseconds"
        isRequired
        hint={`Wait before the response, at most ${binLimits.answer_delay_ms.max / 60_000} minutes`}
        input={{ type: "number", ...binLimits.answer_delay_ms }}
      />
      <TextField
        {...field("forward_url")}
        label="Forward URL"
        hint="Each new request is also sent there once. Leave it empty to forward nothing"
        input={{ type: "url" }}
      />
    </FormDialog>
  );
}

/** Returns the request body with the edited fields only: the response may have been changed on the bin's page meanwhile. */
const requestBody = (typed: Values): BinFields => ({
  ...("name" in typed && { name: fieldText(typed["name"]) }),
  ...("answer_status" in typed && { answer_status: Number(typed["answer_status"]) }),
  ...("answer_delay_ms" in typed && { answer_delay_ms: Number(typed["answer_delay_ms"]) }),
  ...("forward_url" in typed && { forward_url: fieldText(typed["forward_url"]).trim() || null }),
});

function useBinActions() {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const refresh = () => client.invalidateQueries({ queryKey: ["bins"] });
  const showError = (title: string) => (error: unknown) =>
    toast({ kind: "danger", title, detail: errorMessage(error) });

  const create = useMutationOnce({
    mutationFn: () => responseBody(api.POST("/api/v1/bins", { body: {} })),
    onSuccess: refresh,
    onError: showError("The bin could not be created"),
  });
  const remove = useMutationOnce({
    mutationFn: (id: string) => expectDeleted(api.DELETE("/api/v1/bins/{id}", { params: { path: { id } } })),
    onSuccess: refresh,
    onError: showError("The bin could not be deleted"),
  });
  const change = useMutationOnce({
    mutationFn: async ({ id, refuse, ...body }: BinChange) => {
      const params = { path: { id } };
      refuse?.(await responseBody(api.GET("/api/v1/bins/{id}", { params })));
      return responseBody(api.PATCH("/api/v1/bins/{id}", { params, body }));
    },
    onSuccess: async (bin) => {
      toast({ kind: "success", title: `${bin.name || "The bin"} responds with ${describeAnswer(bin)}` });
      await refresh();
    },
    onError: showError("The bin could not be updated"),
  });
  return { create, remove, change };
}

type BinFields = Partial<Pick<Bin, "name" | "answer_status" | "answer_delay_ms" | "forward_url">>;

interface BinChange extends Pick<Bin, "id">, BinFields {
  /** Throws if somebody else has changed an edited field. */
  readonly refuse?: (present: Bin) => void;
}

type Answer = Pick<Bin, "answer_status" | "answer_delay_ms" | "answer_rules">;

/** Returns "200", "500 after 1.5 s", or "200, 2 rules". */
function describeAnswer({ answer_status, answer_delay_ms, answer_rules }: Answer): string {
  const answer = answer_delay_ms > 0 ? `${answer_status} after ${answer_delay_ms / 1000} s` : String(answer_status);
  if (answer_rules.length === 0) return answer;
  return `${answer}, ${answer_rules.length} ${answer_rules.length === 1 ? "rule" : "rules"}`;
}
