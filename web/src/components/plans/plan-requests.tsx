import { Alert, AlertActionLink, Button, Label, List, ListItem } from "@patternfly/react-core";
import type { QueryKey } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AccountPlanRequest } from "../../api/accounts.ts";
import { ApiProblem } from "../../api/api-problem.ts";
import type { PlanRequest } from "../../api/applications.ts";
import { useManagement } from "../../api/management-client.ts";
import { useChange } from "../form/use-change.ts";
import { Name } from "../labels.tsx";
import { When } from "../time.tsx";
import { useToast } from "../toast-context.ts";

type RequestedPlan = Pick<PlanRequest, "plan_id" | "plan_name" | "asked_by" | "created_at">;

interface PlanDecisionProps {
  readonly request: RequestedPlan;
  /** The name of the product whose subscription would have the plan, if it is not the plan of the page's object. */
  readonly product?: string;
  /** The path of the operation that changes the plan. */
  readonly path: string;
  /** Reads the present request, if there is one. */
  readonly readAgain: () => Promise<RequestedPlan | undefined>;
  readonly decline: () => Promise<unknown>;
  readonly stale: readonly QueryKey[];
}

/** Grants or declines a plan request. If it was decided or replaced meanwhile, the admin is notified and changes nothing. */
export function PlanDecision({ request, product, path, readAgain, decline, stale }: PlanDecisionProps) {
  const management = useManagement();
  const toast = useToast();
  const { plan_id, plan_name, asked_by, created_at } = request;
  const report = (title: string) => (isDecidedHere: boolean) =>
    isDecidedHere
      ? toast({ kind: "success", title })
      : toast({
          kind: "info",
          title: "The request was already decided or changed",
          detail: "The page now shows the present plan.",
        });
  const isStillOpen = async (): Promise<boolean> => (await readAgain())?.plan_id === plan_id;
  const granting = useChange({
    change: async () => {
      if (!(await isStillOpen())) return false;
      await management.update(path, { plan_id });
      return true;
    },
    stale,
    failed: "The plan could not be changed",
    onDone: report("The plan was changed"),
  });
  const declining = useChange({
    // The developer may have requested another plan meanwhile.
    change: async () => (await isStillOpen()) && decline().then(() => true, falseIfNotFound),
    stale,
    failed: "The request could not be declined",
    onDone: report("The request was declined"),
  });
  const isBusy = granting.isPending || declining.isPending;
  return (
    <Alert
      isInline
      component="h2"
      variant="info"
      title={
        <>
          {asked_by === null ? "Somebody" : <Name>{asked_by}</Name>} requests the plan <Name>{plan_name}</Name>
          {product !== undefined && (
            <>
              {" "}
              for <Name>{product}</Name>
            </>
          )}
        </>
      }
      actionLinks={
        <>
          <AlertActionLink isAriaDisabled={isBusy} onClick={() => granting.mutate(undefined)}>
            Change to <Name>{plan_name}</Name>
          </AlertActionLink>
          <AlertActionLink isAriaDisabled={isBusy} onClick={() => declining.mutate(undefined)}>
            Decline
          </AlertActionLink>
        </>
      }
    >
      Requested <When at={created_at} />.
    </Alert>
  );
}

/**
 * Says that the request that a mail asks to decide about was decided or withdrawn before the page was opened. `isOpen` is undefined while
 * that is not known.
 */
export function ClosedRequest({ isOpen, shown }: { isOpen: boolean | undefined; shown: string }) {
  const [wasOpen, setWasOpen] = useState(false);
  if (isOpen && !wasOpen) setWasOpen(true);
  if (isOpen !== false || wasOpen) return null;
  return (
    <Alert isInline component="h2" variant="info" title="This request is not open any more">
      It was decided or withdrawn. This page shows the present {shown}.
    </Alert>
  );
}

/** A 404 means that the request is already decided. */
function falseIfNotFound(error: unknown): false {
  if (error instanceof ApiProblem && error.status === 404) return false;
  throw error;
}

interface PlanRequestListProps {
  readonly requests: readonly (AccountPlanRequest | PlanRequest)[];
}

/** Requests that are shown above a list at first. */
const shownFirst = 5;

/** Lists open plan requests, with links to the pages on which they are decided. */
export function PlanRequestList({ requests }: PlanRequestListProps) {
  const [showsAll, setShowsAll] = useState(false);
  if (requests.length === 0) return null;
  const shown = showsAll || requests.length <= shownFirst + 1 ? requests : requests.slice(0, shownFirst);
  return (
    <Alert isInline component="h2" variant="info" className="bellwire-notice" title="Plan change requests">
      <List isPlain>
        {shown.map((request) => (
          <ListItem key={"application_id" in request ? request.application_id : request.account_id}>
            <PlanRequestLink request={request} />
            {"application_id" in request && (
              <>
                {" "}
                of <Name>{request.org_name}</Name>
              </>
            )}
            : <Name>{request.plan_name}</Name>
          </ListItem>
        ))}
      </List>
      {shown.length < requests.length && (
        <Button variant="link" isInline onClick={() => setShowsAll(true)}>
          Show {requests.length - shown.length} more
        </Button>
      )}
    </Alert>
  );
}

interface PlanRequestLabelProps {
  readonly request: Pick<PlanRequest, "plan_name"> | undefined;
}

/** Marks a row whose plan a developer wants to change. */
export const PlanRequestLabel = ({ request }: PlanRequestLabelProps) =>
  request && (
    <Label isCompact color="blue" variant="outline">
      Requests <Name>{request.plan_name}</Name>
    </Label>
  );

/** Links to the page on which the requested plan is granted or declined. */
export function PlanRequestLink({ request }: { request: AccountPlanRequest | PlanRequest }) {
  if ("application_id" in request) {
    const params = { accountId: String(request.account_id), id: String(request.application_id) };
    return (
      <Link to="/accounts/$accountId/applications/$id" params={params}>
        <Name>{request.application_name}</Name>
      </Link>
    );
  }
  return (
    <Link to="/accounts/$id" params={{ id: String(request.account_id) }}>
      <Name>{request.org_name}</Name>
    </Link>
  );
}
