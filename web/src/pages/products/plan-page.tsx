import { Button, DescriptionList, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type ApplicationPlan, applicationPlanQuery, featuresOfPlanQuery, productQuery } from "../../api/products.ts";
import { mayChangePlans, useSession } from "../../api/session.tsx";
import { Fact } from "../../components/facts.tsx";
import { Name } from "../../components/labels.tsx";
import { nameInText } from "../../components/words.ts";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { PlanDialog } from "../../components/plans/plan-list.tsx";
import { LimitList, PriceList } from "./plan-terms.tsx";

const route = getRouteApi("/products/$productId/plans/$id");
const back = { to: "/products", label: "Go to the products" } as const;

/** An application plan with its limits and prices. */
export function PlanPage() {
  const { productId, id } = route.useParams();
  const api = useManagement();
  const mayChange = mayChangePlans(useSession());
  const [isEditing, setEditing] = useState(false);
  const product = useCurrentData(useQuery(productQuery(api, Number(productId))));
  const query = useQuery(applicationPlanQuery(api, Number(productId), Number(id)));
  const plan = useCurrentData(query);
  const name = objectTitle(query, "Plan", plan?.name);
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={
          <PageBreadcrumb
            to="/products"
            list="Products"
            parent={
              <Link to="/products/$id" params={{ id: productId }}>
                {product ? <Name>{product.name}</Name> : "Product"}
              </Link>
            }
            current={name}
          />
        }
        actions={
          plan &&
          mayChange && (
            <Button variant="secondary" onClick={() => setEditing(true)}>
              Edit
            </Button>
          )
        }
      >
        {plan?.custom && "Made for one application, which is the only one on it."}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the plan" />} back={back}>
          {(loaded) => <PlanView plan={loaded} productId={Number(productId)} />}
        </Loaded>
      </PageSection>
      {plan && isEditing && (
        <PlanDialog
          path={`services/${productId}/application_plans`}
          of="applications"
          plan={plan}
          onClose={() => setEditing(false)}
        />
      )}
    </>
  );
}

function PlanView({ plan, productId }: { plan: ApplicationPlan; productId: number }) {
  const { data: features } = useQuery(featuresOfPlanQuery(useManagement(), plan.id));
  return (
    <Stack hasGutter>
      <SectionCard title="Plan">
        <DescriptionList isCompact columnModifier={{ default: "2Col", lg: "3Col" }}>
          <Fact term="State">{plan.state === "published" ? "Published" : "Hidden"}</Fact>
          <Fact term="Default">{plan.default ? "Yes" : "No"}</Fact>
          <Fact term="Approval">{plan.approval_required ? "Required" : "None"}</Fact>
          <Fact term="Cost per month">{plan.cost_per_month}</Fact>
          <Fact term="Setup fee">{plan.setup_fee}</Fact>
          <Fact term="Trial period">
            {plan.trial_period_days === 1
              ? "1 day"
              : plan.trial_period_days
                ? `${plan.trial_period_days} days`
                : "None"}
          </Fact>
          <Fact term="Features">
            {features?.length === 0
              ? "None"
              : features?.map(({ name, system_name }) => nameInText(name || system_name)).join(", ")}
          </Fact>
        </DescriptionList>
      </SectionCard>
      <LimitList planId={plan.id} productId={productId} />
      <PriceList planId={plan.id} productId={productId} />
    </Stack>
  );
}
