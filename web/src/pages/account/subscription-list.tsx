import { Alert, AlertActionLink, Button } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import {
  type PendingSubscription,
  pendingSubscriptionsQuery,
  type Subscription,
  subscriptionsQuery,
} from "../../api/accounts.ts";
import { expectSuccess, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { type Product, productsQuery, servicePlansQuery } from "../../api/products.ts";
import { mayChangePlans, mayReadPlans, useSession } from "../../api/session.tsx";
import { SelectField } from "../../components/form/fields.tsx";
import { DeleteDialog, FormDialog, webhookNote } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Name, StateLabel } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PlanChange, planOptions } from "../../components/plans/plan-change.tsx";
import { ClosedRequest, PlanDecision } from "../../components/plans/plan-requests.tsx";
import { When } from "../../components/time.tsx";

/** The account's subscriptions to products. An account needs one that is live to create applications of a product. */
export function SubscriptionList({ accountId }: { accountId: number }) {
  const api = useManagement();
  const query = useQuery(subscriptionsQuery(api, accountId));
  const { data: products } = useQuery(productsQuery(api));
  const session = useSession();
  const mayChange = mayChangePlans(session);
  const [isSubscribing, setSubscribing] = useState(false);
  const [toDelete, setToDelete] = useState<Subscription>();
  const path = subscriptionsPath(accountId);
  const { approve, remove } = useSubscriptionActions(path, () => setToDelete(undefined));
  const productName = ({ service_id: id }: Subscription): string =>
    products ? (products.find((product) => product.id === id)?.name ?? `Product ${id}`) : "";
  const actionsOf = (subscription: Subscription) => [
    ...(subscription.state === "pending" ? [{ title: "Approve", onClick: () => approve.mutate(subscription.id) }] : []),
    { title: "Delete", isDanger: true, onClick: () => setToDelete(subscription) },
  ];
  const subscribed = new Set(query.data?.map(({ service_id }) => service_id));
  const others = query.isSuccess && products ? products.filter(({ id }) => !subscribed.has(id)) : [];
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="subscriptions" />}>
        {(subscriptions) =>
          subscriptions.length > 0 ? (
            <InPortions rows={subscriptions}>
              {(shown) => (
                <ListTable
                  label="Subscriptions"
                  rows={shown}
                  columns={columnsOf(path, productName)}
                  keyOf={({ id }) => id}
                  nameOf={productName}
                  actionsOf={mayChange ? actionsOf : undefined}
                  isBusy={approve.isPending || remove.isPending}
                />
              )}
            </InPortions>
          ) : (
            `This account is subscribed to no product${session.seesEveryProduct ? "" : " in your permissions"}. Its first application of a product subscribes it.`
          )
        }
      </Loaded>{" "}
      {mayChange && others.length > 0 && (
        <Button variant="link" isInline onClick={() => setSubscribing(true)}>
          Subscribe to a product
        </Button>
      )}
      {isSubscribing && <SubscribeDialog path={path} products={others} onClose={() => setSubscribing(false)} />}
      {toDelete && (
        <DeleteDialog
          title={`Delete the subscription to ${nameInText(productName(toDelete))}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          This also deletes the account&apos;s applications of the product, which must all be suspended before. They
          cannot be restored. {webhookNote}
        </DeleteDialog>
      )}
    </>
  );
}

/** Reads the subscriptions of an account that wait for a decision, if the user may make it. */
function usePendingSubscriptions(accountId: number) {
  const session = useSession();
  const query = pendingSubscriptionsQuery(useApi(), accountId);
  return { query, ...useQuery({ ...query, enabled: mayReadPlans(session) && mayChangePlans(session) }) };
}

interface MailedRequestProps {
  readonly accountId: number;
  readonly productId: number;
}

/** Approves the subscription that a mail asks to decide about, or says that the request is not open any more. */
export function SubscriptionRequestNotice({ accountId, productId }: MailedRequestProps) {
  const { data } = usePendingSubscriptions(accountId);
  const request = data?.find(({ product_id: id }) => id === productId);
  const { approve } = useSubscriptionActions(subscriptionsPath(accountId));
  return (
    <>
      <ClosedRequest isOpen={data && request !== undefined} shown="subscriptions" />
      {request?.requested_plan_id === null && (
        <Alert
          isInline
          component="h2"
          variant="info"
          title={
            <>
              Access to <Name>{request.product_name}</Name> waits for your approval
            </>
          }
          actionLinks={
            <AlertActionLink isAriaDisabled={approve.isPending} onClick={() => approve.mutate(request.subscription_id)}>
              Approve
            </AlertActionLink>
          }
        >
          Requested <When at={request.created_at} />. To decline, delete the subscription below.
        </Alert>
      )}
    </>
  );
}

/** Grants or declines the service plans that the account's developers request. */
export function SubscriptionPlanRequests({ accountId }: { accountId: number }) {
  const api = useApi();
  const client = useQueryClient();
  const { data = [], query } = usePendingSubscriptions(accountId);
  const requestsIn = (all: readonly PendingSubscription[]) =>
    all.flatMap(({ requested_plan_id: plan_id, requested_plan_name, ...request }) =>
      plan_id !== null ? [{ ...request, plan_id, plan_name: requested_plan_name ?? "" }] : [],
    );
  return requestsIn(data).map((request) => {
    const { subscription_id } = request;
    const path = { id: accountId, subscription_id };
    return (
      <PlanDecision
        key={subscription_id}
        request={request}
        product={request.product_name}
        path={`${subscriptionsPath(accountId)}/${subscription_id}/change_plan`}
        readAgain={async () => {
          const present = requestsIn(await client.fetchQuery({ ...query, staleTime: 0 }));
          return present.find((each) => each.subscription_id === subscription_id);
        }}
        decline={() =>
          expectSuccess(
            api.DELETE("/api/v1/accounts/{id}/service_subscriptions/{subscription_id}/plan_request", {
              params: { path },
            }),
          )
        }
        stale={[["accounts"]]}
      />
    );
  });
}

const subscriptionsPath = (accountId: number): string => `accounts/${accountId}/service_subscriptions`;

function useSubscriptionActions(path: string, onDeleted?: () => void) {
  const api = useManagement();
  const approve = useChange({
    change: (id: number) => api.update(`${path}/${id}/approve`),
    stale: [["accounts"]],
    done: "The subscription was approved",
    failed: "The subscription could not be approved",
  });
  const remove = useChange({
    change: (id: number) => api.delete(`${path}/${id}`),
    stale: [["accounts"], ["applications"]],
    done: "The subscription was deleted",
    failed: "The subscription could not be deleted",
    ...(onDeleted && { onDone: onDeleted }),
  });
  return { approve, remove };
}

const columnsOf = (
  path: string,
  productName: (subscription: Subscription) => string,
): readonly ListColumn<Subscription>[] => [
  {
    title: "Product",
    show: (subscription) => (
      <Link to="/products/$id" params={{ id: String(subscription.service_id) }}>
        <Name>{productName(subscription)}</Name>
      </Link>
    ),
    place: "title",
    isName: true,
  },
  {
    title: "Plan",
    show: (subscription) => <SubscriptionPlan path={path} subscription={subscription} />,
    place: "below",
    isName: true,
    isLabelled: true,
  },
  { title: "State", show: ({ state }) => <StateLabel state={state} />, place: "state" },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "start", isLabelled: true },
];

/** Shows the plan of a subscription, and lets users who may change plans choose another of the product. */
function SubscriptionPlan({ path, subscription }: { path: string; subscription: Subscription }) {
  const mayChange = mayChangePlans(useSession());
  const { data: plans = [] } = useQuery(servicePlansQuery(useManagement(), subscription.service_id));
  const present = plans.find(({ id }) => id === subscription.plan_id);
  if (!present || !mayChange) return present && <Name>{present.name}</Name>;
  return (
    <PlanChange
      path={`${path}/${subscription.id}/change_plan`}
      stale={[["accounts"]]}
      plans={plans}
      present={present}
      hasEvent={false}
    />
  );
}

interface SubscribeDialogProps {
  readonly path: string;
  /** The products to which the account is not subscribed. */
  readonly products: readonly Product[];
  readonly onClose: () => void;
}

function SubscribeDialog({ path, products, onClose }: SubscribeDialogProps) {
  const api = useManagement();
  const [productId, setProductId] = useState(products.length === 1 ? String(products[0]?.id) : "");
  const [chosenPlanId, setChosenPlanId] = useState<string>();
  const { data: plans } = useQuery({
    ...servicePlansQuery(api, Number(productId)),
    enabled: productId !== "",
  });
  const planId = chosenPlanId ?? String(plans?.find((plan) => plan.default)?.id ?? "");
  const plan = plans?.find(({ id }) => String(id) === planId);
  const { mutate, isPending, errors } = useChange({
    change: () => api.create(path, { plan_id: Number(planId) }),
    stale: [["accounts"]],
    done: plan?.approval_required ? "The subscription waits for your approval" : "The account was subscribed",
    failed: "The account could not be subscribed",
    fields: ["plan_id"],
    leave: onClose,
  });
  const choose = (id: string): void => {
    setProductId(id);
    setChosenPlanId(undefined);
  };
  const hint =
    plans?.length === 0
      ? "This product has no service plan. Create one on its page first"
      : plan?.approval_required && "This plan requires approval, so the subscription will be pending";
  return (
    <FormDialog
      title="Subscribe to a product"
      submit="Subscribe"
      isBusy={isPending}
      isDisabled={!planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectField
        id="product_id"
        label="Product"
        isRequired
        value={productId}
        options={[
          ...(products.length === 1 ? [] : [{ value: "", label: "Choose a product" }]),
          ...products.map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        onChange={choose}
      />
      {productId && (
        <SelectField
          id="plan_id"
          label="Plan"
          isRequired
          hint={hint}
          errors={errors["plan_id"]}
          value={planId}
          options={planOptions(plans ?? [])}
          onChange={setChosenPlanId}
        />
      )}
    </FormDialog>
  );
}
