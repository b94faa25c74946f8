import {
  Badge,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardHeader,
  CardTitle,
  Content,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  ExpandableSection,
  Flex,
  FlexItem,
  Gallery,
  Label,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { formatCount } from "../../components/counts.ts";
import { expectSuccess, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type FailureGroup, failureGroupsQuery } from "../../api/deliveries.ts";
import type { JobKind } from "../../api/jobs.ts";
import { ActionMenu } from "../../components/action-menu.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { JobDialog, type JobToStart } from "../../components/jobs/job-dialog.tsx";
import { describeAction } from "../../components/jobs/job-words.ts";
import { EndpointLink } from "../../components/labels.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { muteActions, untilWords } from "../../components/mute.ts";
import { LinkButton } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";
import { useSession } from "../../api/session.tsx";

/** The failures by cause: one card for each, the largest first. Muted causes are collapsed at the end. */
export function FailureGroups({ endpointId }: { endpointId: number | undefined }) {
  const query = useQuery(failureGroupsQuery(useApi(), endpointId));
  return (
    <Loaded query={query} skeleton={<TableSkeleton of="causes" />}>
      {(groups) => {
        if (groups.length === 0) return <NoFailures isOfEndpoint={endpointId !== undefined} />;
        const [audible, muted] = [groups.filter(({ mute }) => !mute), groups.filter(({ mute }) => mute)];
        return (
          <Stack hasGutter>
            <StackItem>
              {audible.length > 0 ? (
                <GroupCards groups={audible} />
              ) : (
                <Content component="p">All causes are muted.</Content>
              )}
            </StackItem>
            {muted.length > 0 && (
              <StackItem>
                <ExpandableSection toggleText={`Muted causes (${formatCount(muted.length)})`}>
                  <GroupCards groups={muted} />
                </ExpandableSection>
              </StackItem>
            )}
          </Stack>
        );
      }}
    </Loaded>
  );
}

const GroupCards = ({ groups }: { groups: readonly FailureGroup[] }) => (
  <Gallery hasGutter minWidths={{ default: "100%" }}>
    {groups.map((group) => (
      <GroupCard key={group.id} group={group} />
    ))}
  </Gallery>
);

function GroupCard({ group }: { group: FailureGroup }) {
  const [open, setOpen] = useState<JobToStart>();
  const { count, endpoint_id, endpoint_name, endpoint_deleted, newest, mute } = group;
  const start = (kind: JobKind) => (): void =>
    setOpen({
      kind,
      of: "failures",
      selection: { filter: { group: group.id, until: group.last_failed_at } }, // later ones are not shown yet
      note: `${endpoint_name}: ${newest.error}`,
    });
  const others: readonly JobKind[] = endpoint_deleted
    ? ["export", "delete_failures"]
    : ["replay", "export", "delete_failures"];
  return (
    <Card isCompact component="article" aria-label={newest.error}>
      <CardHeader>
        <CardTitle component="h2" className="bellwire-break">
          {newest.error}{" "}
          <Badge isRead screenReaderText="failures">
            {formatCount(count)}
          </Badge>
        </CardTitle>
      </CardHeader>
      <CardBody>
        <Flex columnGap={{ default: "columnGapLg" }} rowGap={{ default: "rowGapXs" }}>
          <FlexItem className="bellwire-break">
            <EndpointLink id={endpoint_id} name={endpoint_name} isDeleted={endpoint_deleted} />
          </FlexItem>
          <FlexItem className="bellwire-subtle">
            First <When at={group.first_failed_at} />, last <When at={group.last_failed_at} />
          </FlexItem>
          <FlexItem>
            <Link to="/deliveries/$id" params={{ id: newest.delivery_id }}>
              Example
            </Link>
          </FlexItem>
          {mute && (
            <FlexItem>
              <MuteLabel until={mute.until} />
            </FlexItem>
          )}
        </Flex>
      </CardBody>
      <CardFooter>
        <Flex>
          {!endpoint_deleted && (
            <FlexItem>
              <Button variant="secondary" onClick={start("retry")}>
                {describeAction("retry", count, "failures")}…
              </Button>
            </FlexItem>
          )}
          <FlexItem>
            <GroupMenu group={group} jobs={others.map((kind) => ({ kind, onClick: start(kind) }))} />
          </FlexItem>
        </Flex>
      </CardFooter>
      {open && <JobDialog job={open} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

function MuteLabel({ until }: { until: string | null }) {
  const { timeZone } = useSession();
  return (
    <Label isCompact variant="outline">
      Muted{untilWords(until, timeZone)}
    </Label>
  );
}

interface GroupMenuProps {
  readonly group: FailureGroup;
  readonly jobs: readonly { readonly kind: JobKind; readonly onClick: () => void }[];
}

function GroupMenu({ group: { id, count, mute }, jobs }: GroupMenuProps) {
  const api = useApi();
  const params = { path: { id } };
  const change = useChange({
    change: (until: Date | null | "unmute"): Promise<unknown> =>
      until === "unmute"
        ? expectSuccess(api.DELETE("/api/v1/failures/groups/{id}/mute", { params }))
        : responseBody(
            api.POST("/api/v1/failures/groups/{id}/mute", { params, body: { until: until?.toISOString() ?? null } }),
          ),
    stale: [["failures"]],
    failed: mute ? "The cause could not be unmuted" : "The cause could not be muted",
  });
  const mutes = mute
    ? [{ title: "Unmute", onClick: () => change.mutate("unmute") }]
    : muteActions("Mute until you unmute it", change.mutate);
  return (
    <ActionMenu
      label="More"
      isBusy={change.isPending}
      actions={[
        ...jobs.map(({ kind, onClick }) => ({
          title: `${describeAction(kind, count, "failures")}…`,
          isDanger: kind === "delete_failures",
          onClick,
        })),
        ...mutes,
      ]}
    />
  );
}

/** Replaces the list and the causes of failures while there are none. */
export function NoFailures({ isOfEndpoint = false }: { isOfEndpoint?: boolean }) {
  return (
    <EmptyState
      status="success"
      titleText={isOfEndpoint ? "No failures of this endpoint" : "No failures"}
      headingLevel="h2"
    >
      <EmptyStateBody>
        A delivery appears here after its last attempt has failed. Repair the receiver, then retry. The receiver gets
        the same id and the same bytes.
      </EmptyStateBody>
      {isOfEndpoint && (
        <EmptyStateFooter>
          <LinkButton to="/failures" search={{}} variant="link">
            Show the failures of all endpoints
          </LinkButton>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
