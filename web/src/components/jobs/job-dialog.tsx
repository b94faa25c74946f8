import { Alert, AlertActionLink, Content } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import { endpointsQuery } from "../../api/endpoints.ts";
import { type JobKind, type JobSubject, type NewJob, jobPreviewQuery, listedJobs } from "../../api/jobs.ts";
import { SelectField } from "../form/fields.tsx";
import { FormDialog } from "../form/form-dialog.tsx";
import { useChange } from "../form/use-change.ts";
import { consequences, countedRows, countedSubject, describeAction } from "./job-words.ts";

/** The rows of a job: some by their ids, or all that match a filter. */
export type Selection = Pick<NewJob, "ids" | "filter">;

export interface JobToStart {
  readonly kind: JobKind;
  readonly of: JobSubject;
  readonly selection: Selection;
  /** More about the rows, such as the filter in words. */
  readonly note?: string;
}

export interface JobDialogProps {
  readonly job: JobToStart;
  readonly onStarted?: () => void;
  readonly onClose: () => void;
}

const formats = [
  { value: "csv", label: "CSV, for spreadsheets" },
  { value: "ndjson", label: "NDJSON, for programs" },
] as const;

const isFormat = (value: string): value is "csv" | "ndjson" => formats.some((format) => format.value === value);

/** The rows that can be exported instead of the selected ones. */
const exportable = [
  { value: "deliveries", label: "Deliveries with their last attempt" },
  { value: "attempts", label: "All attempts of the deliveries" },
] as const;

/** Shows the number of rows, then starts a job on exactly these. Its progress is shown by `RunningJobs`. */
export function JobDialog({ job: { kind, of, selection, note }, onStarted, onClose }: JobDialogProps) {
  const api = useApi();
  const [endpointId, setEndpointId] = useState("");
  const [format, setFormat] = useState<"csv" | "ndjson">("csv");
  const [subject, setSubject] = useState<JobSubject>(of);
  const newJob: NewJob = {
    kind,
    of: subject,
    ...selection,
    ...(kind === "export" && { format }),
    ...(kind === "replay" && { endpoint_id: Number(endpointId) }),
  };
  const isComplete = kind !== "replay" || endpointId !== "";
  // The number does not depend on the destination or the format.
  const counted = useQuery(jobPreviewQuery(api, { kind, of: subject, ...selection }));
  const total = counted.isPlaceholderData || counted.error ? undefined : counted.data;
  const { mutate, isPending, errors } = useChange({
    change: () => responseBody(api.POST("/api/v1/jobs", { body: newJob })),
    stale: listedJobs, // without the preview: counting again would keep the dialog open
    failed: "The job could not be started",
    fields: ["endpoint_id"],
    onDone: () => onStarted?.(),
    leave: onClose,
  });
  const isDanger = kind === "cancel" || kind === "delete_failures";
  const rows = countedSubject({ kind, of });
  return (
    <FormDialog
      title={total === undefined ? describeAction(kind, undefined, rows) : `${describeAction(kind, total, rows)}?`}
      description={consequences[kind]}
      submit={describeAction(kind, total, rows)}
      isDanger={isDanger}
      isBusy={isPending}
      isDisabled={!total || !isComplete}
      onSubmit={() => total && mutate(undefined)}
      onClose={onClose}
    >
      {note && <Content component="p">{note}</Content>}
      <RowCount count={total} of={rows} error={counted.isFetching ? null : counted.error} onRetry={counted.refetch} />
      {kind === "replay" && (
        <EndpointChoice endpointId={endpointId} errors={errors["endpoint_id"]} onChange={setEndpointId} />
      )}
      {kind === "export" && of === "deliveries" && (
        <SelectField
          id="export-of"
          label="Rows"
          value={subject}
          options={exportable}
          onChange={(value) => setSubject(value === "attempts" ? "attempts" : "deliveries")}
        />
      )}
      {kind === "export" && (
        <SelectField
          id="export-format"
          label="Format"
          value={format}
          options={formats}
          onChange={(value) => isFormat(value) && setFormat(value)}
        />
      )}
    </FormDialog>
  );
}

interface RowCountProps {
  readonly count: number | undefined;
  readonly of: JobSubject;
  readonly error: unknown;
  readonly onRetry: () => unknown;
}

function RowCount({ count, of, error, onRetry }: RowCountProps) {
  if (error) return <CountError error={error} onRetry={onRetry} />;
  if (count === undefined) return <Alert isInline isPlain component="h2" variant="info" title="Counting…" />;
  const title = count === 0 ? `No ${of} match any more` : `This applies to ${countedRows(count, of)}. Later ones stay.`;
  return <Alert isInline isPlain component="h2" variant={count === 0 ? "warning" : "info"} title={title} />;
}

export interface CountErrorProps {
  readonly error: unknown;
  readonly onRetry: () => unknown;
}

/** Says why the rows could not be counted, without which an action does not start. */
export const CountError = ({ error, onRetry }: CountErrorProps) => (
  <Alert
    isInline
    isPlain
    component="h2"
    variant="danger"
    title={errorMessage(error)}
    actionLinks={<AlertActionLink onClick={() => onRetry()}>Count again</AlertActionLink>}
  />
);

interface EndpointChoiceProps {
  readonly endpointId: string;
  readonly errors: readonly string[] | undefined;
  readonly onChange: (endpointId: string) => void;
}

function EndpointChoice({ endpointId, errors, onChange }: EndpointChoiceProps) {
  const { data: endpoints = [] } = useQuery(endpointsQuery(useApi()));
  const options = endpoints.map(({ id, name }) => ({ value: String(id), label: name }));
  return (
    <SelectField
      id="endpoint_id"
      label="To the endpoint"
      isRequired
      errors={errors}
      value={endpointId}
      options={[{ value: "", label: "Choose an endpoint" }, ...options]}
      onChange={onChange}
    />
  );
}
