import { Button, Content, DescriptionList, Flex, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import {
  type ApplicationPlan,
  type Product,
  applicationPlansQuery,
  productQuery,
  servicePlansQuery,
} from "../../api/products.ts";
import { mayChangeProducts, mayDeleteProducts, mayOpen, mayReadPlans, useSession } from "../../api/session.tsx";
import { Fact } from "../../components/facts.tsx";
import { DeleteDialog } from "../../components/form/form-dialog.tsx";
import { useChange } from "../../components/form/use-change.ts";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { FeatureCard } from "../../components/plans/feature-list.tsx";
import { CreatePlan, PlanList } from "../../components/plans/plan-list.tsx";
import { ProductDialog, authenticationNames } from "../../components/product-dialog.tsx";
import { nameInText } from "../../components/words.ts";
import { SpecificationCard } from "./api-specifications-page.tsx";
import { MetricList } from "./metric-list.tsx";

const route = getRouteApi("/products/$id");
const back = { to: "/products", label: "Go to the products" } as const;

export function ProductPage() {
  const id = Number(route.useParams().id);
  const query = useQuery(productQuery(useManagement(), id));
  const product = useCurrentData(query);
  const name = objectTitle(query, "Product", product?.name);
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/products" list="Products" current={name} />}
        actions={product && <ProductActions product={product} />}
      >
        {product?.description}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the product" />} back={back}>
          {(loaded) => <ProductView product={loaded} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function ProductView({ product }: { product: Product }) {
  const plans = useQuery(applicationPlansQuery(useManagement(), product.id));
  const session = useSession();
  const maySeeSubscriptions = mayReadPlans(session);
  const mayReadSpecifications = mayOpen(session, "/api-specifications");
  const kind = { path: `services/${product.id}/application_plans`, of: "applications" } as const;
  return (
    <Stack hasGutter>
      <SectionCard title="Product">
        <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
          <Fact term="System name">
            <span className="bellwire-mono">{product.system_name}</span>
          </Fact>
          <Fact term="Authentication">{authenticationNames[product.backend_version]}</Fact>
        </DescriptionList>
      </SectionCard>
      <SectionCard title="Application plans" actions={<CreatePlan {...kind} variant="secondary" size="sm" />}>
        <Loaded query={plans} skeleton={<TableSkeleton of="plans" />}>
          {(all) => (
            <>
              {all.length > 0 && product.buyers_manage_apps && !all.some((plan) => isOffered(plan, product)) && (
                <Content component="p">
                  Developers cannot create applications of this product yet. {offerAdvice}
                </Content>
              )}
              <PlanList
                {...kind}
                productId={product.id}
                plans={all}
                empty={`Developers cannot create applications of this product without a plan. Create a plan first. ${offerAdvice}`}
              />
            </>
          )}
        </Loaded>
      </SectionCard>
      {maySeeSubscriptions && <ServicePlans product={product} />}
      <Features product={product} maySeeSubscriptions={maySeeSubscriptions} />
      <MetricList productId={product.id} />
      {mayReadSpecifications && <SpecificationCard productId={product.id} />}
    </Stack>
  );
}

/** The plans of the accounts' subscriptions to the product. */
function ServicePlans({ product }: { product: Product }) {
  const plans = useQuery(servicePlansQuery(useManagement(), product.id));
  const kind = { path: `services/${product.id}/service_plans`, of: "subscriptions" } as const;
  return (
    <SectionCard title="Service plans" actions={<CreatePlan {...kind} variant="secondary" size="sm" />}>
      <Content component="p">
        The plans of the accounts' subscriptions to this product. An account without one gets the default plan with its
        first application.
      </Content>
      <Loaded query={plans} skeleton={<TableSkeleton of="plans" />}>
        {(all) => (
          <PlanList
            {...kind}
            plans={all}
            empty="Accounts cannot subscribe to this product without a plan, so they can have no new applications of it. Create a plan first."
          />
        )}
      </Loaded>
    </SectionCard>
  );
}

interface ProductFeaturesProps {
  readonly product: Product;
  readonly maySeeSubscriptions: boolean;
}

/** The features that the product's plans can have. */
function Features({ product: { id }, maySeeSubscriptions }: ProductFeaturesProps) {
  const api = useManagement();
  const { data: applicationPlans = [] } = useQuery(applicationPlansQuery(api, id));
  const { data: servicePlans = [] } = useQuery({ ...servicePlansQuery(api, id), enabled: maySeeSubscriptions });
  return (
    <FeatureCard
      productId={id}
      plans={[
        ...applicationPlans.map((plan) => ({ ...plan, kind: "application_plan" as const })),
        ...servicePlans.map((plan) => ({ ...plan, kind: "service_plan" as const })),
      ]}
    />
  );
}

const offerAdvice = "Make a plan the default, or publish one and let developers choose the plan of a new application.";

/** Tells whether developers can create applications with a plan, if they may create any. */
const isOffered = (plan: ApplicationPlan, { buyer_can_select_plan }: Product): boolean =>
  plan.default || (buyer_can_select_plan && plan.state === "published");

/** The buttons that the user may press. An open dialog keeps its input when the user may no longer. */
function ProductActions({ product }: { product: Product }) {
  const session = useSession();
  const api = useManagement();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"edit" | "delete">();
  const close = (): void => setOpen(undefined);
  const remove = useChange({
    change: () => api.delete(`services/${product.id}`),
    stale: [
      ["products", "list"],
      ["applications", "list"],
    ],
    gone: [
      ["products", "one", product.id],
      ["plans", "application", product.id],
      ["plans", "service", product.id],
      ["metrics", product.id],
      ["specifications"],
      ["applications", "of account"],
      ["applications", "one"],
    ],
    done: `${nameInText(product.name)} was deleted`,
    failed: "The product could not be deleted",
    leave: () => navigate({ to: "/products" }),
  });
  return (
    <Flex>
      {mayChangeProducts(session) && (
        <Button variant="secondary" onClick={() => setOpen("edit")}>
          Edit
        </Button>
      )}
      {mayDeleteProducts(session) && (
        <Button variant="secondary" isDanger onClick={() => setOpen("delete")}>
          Delete
        </Button>
      )}
      {open === "edit" && <ProductDialog product={product} onClose={close} />}
      {open === "delete" && (
        <DeleteDialog
          title={`Delete ${nameInText(product.name)}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(undefined)}
          onClose={close}
        >
          This also deletes its plans, its metrics, its API specifications and all applications on the plans. They
          cannot be restored. Endpoints that receive changes by all actors get a webhook for each application.
        </DeleteDialog>
      )}
    </Flex>
  );
}
