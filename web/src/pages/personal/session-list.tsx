import { Button, Content, Label } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { expectDeleted, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type OwnSession, ownSessionsQuery } from "../../api/team.ts";
import { ConfirmDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { SectionCard } from "../../components/page-header.tsx";
import { When } from "../../components/time.tsx";

/** Lists the browsers in which the user is signed in, and signs them out. */
export function SessionsCard() {
  const query = useQuery(ownSessionsQuery(useApi()));
  const [isEndingOthers, setEndingOthers] = useState(false);
  const hasOthers = query.data?.some((session) => !session.is_current) ?? false;
  return (
    <SectionCard
      title="Sessions"
      actions={
        hasOthers && (
          <Button variant="secondary" onClick={() => setEndingOthers(true)}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      <Content component="p">
        The browsers in which you are signed in. End the sessions of those that you do not know or have lost.
      </Content>
      <Loaded query={query} skeleton={<TableSkeleton of="your sessions" />}>
        {(sessions) => <SessionsTable sessions={sessions} />}
      </Loaded>
      {isEndingOthers && <EndOthersDialog onClose={() => setEndingOthers(false)} />}
    </SectionCard>
  );
}

/** Returns "Firefox on Windows". */
function nameOfSession({ browser, operating_system: system }: OwnSession): string {
  const name = browser ?? "Unknown browser";
  return system === null ? name : `${name} on ${system}`;
}

const columns: readonly ListColumn<OwnSession>[] = [
  { title: "Browser", show: nameOfSession, place: "title" },
  { title: "Address", show: ({ address }) => <bdi>{address ?? "Unknown"}</bdi>, place: "text", isName: true },
  {
    title: "Last used",
    show: ({ is_current: isCurrent, last_used_at: at }) =>
      isCurrent ? (
        <Label color="green" isCompact>
          This session
        </Label>
      ) : at === null ? (
        "Unknown"
      ) : (
        <When at={at} />
      ),
    place: "state",
  },
  { title: "Signed in", show: ({ created_at: at }) => <When at={at} />, place: "end", isLabelled: true },
];

function SessionsTable({ sessions }: { sessions: readonly OwnSession[] }) {
  const api = useApi();
  const [toEnd, setToEnd] = useState<OwnSession>();
  const end = useChange({
    change: (id: string) => expectDeleted(api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } })),
    stale: [["sessions"]],
    done: "The session was ended",
    failed: "The session could not be ended",
    onDone: () => setToEnd(undefined),
  });
  return (
    <>
      <ListTable
        label="Sessions"
        rows={sessions}
        columns={columns}
        keyOf={({ id }) => id}
        nameOf={nameOfSession}
        actionsOf={(session) =>
          session.is_current ? [] : [{ title: "End", isDanger: true, onClick: () => setToEnd(session) }]
        }
      />
      {toEnd && (
        <ConfirmDialog
          title={`End the session of ${nameOfSession(toEnd)}?`}
          confirm="End session"
          isBusy={end.isPending}
          onConfirm={() => end.mutate(toEnd.id)}
          onClose={() => setToEnd(undefined)}
        >
          <Content component="p">Whoever uses that browser has to sign in again.</Content>
        </ConfirmDialog>
      )}
    </>
  );
}

function EndOthersDialog({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const end = useChange({
    change: () => responseBody(api.POST("/api/v1/sessions/end_others")),
    stale: [["sessions"]],
    done: "You were signed out everywhere else",
    failed: "Your other sessions could not be ended",
    onDone: onClose,
  });
  return (
    <ConfirmDialog
      title="Sign out everywhere else?"
      confirm="Sign out"
      isBusy={end.isPending}
      onConfirm={() => end.mutate(undefined)}
      onClose={onClose}
    >
      <Content component="p">
        All other browsers have to sign in again. You stay signed in here, and access tokens keep working.
      </Content>
    </ConfirmDialog>
  );
}
