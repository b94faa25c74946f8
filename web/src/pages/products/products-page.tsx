import { Button, EmptyState, EmptyStateBody, PageSection, Stack } from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type Product, accountPlansQuery, productsQuery } from "../../api/products.ts";
import { mayCreateProducts, useSession } from "../../api/session.tsx";
import { type ListColumn, ListTable } from "../../components/list-table.tsx";
import { InPortions } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { FeatureCard } from "../../components/plans/feature-list.tsx";
import { CreatePlan, PlanList } from "../../components/plans/plan-list.tsx";
import { ProductDialog, authenticationNames } from "../../components/product-dialog.tsx";
import { When } from "../../components/time.tsx";
import { Name } from "../../components/labels.tsx";

export function ProductsPage() {
  const query = useQuery(productsQuery(useManagement()));
  const session = useSession();
  const mayCreate = mayCreateProducts(session);
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader
        title="Products"
        actions={mayCreate && <Button onClick={() => setCreating(true)}>Create a product</Button>}
      >
        {session.seesEveryProduct ? "The APIs that your developers use." : "The products in your permissions."} Each
        product has plans, and each application is on a plan.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="products" />}>
          {(products) =>
            products.length > 0 ? (
              <InPortions rows={products} isPage>
                {(shown) => <ListTable label="Products" rows={shown} columns={columns} keyOf={({ id }) => id} />}
              </InPortions>
            ) : (
              <NoProducts />
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <ProductDialog onClose={() => setCreating(false)} />}
    </>
  );
}

function NoProducts() {
  const session = useSession();
  const [title, text] = session.seesEveryProduct
    ? ["No products yet", "Create a product and a plan, and developers can create applications for it."]
    : ["Your permissions include no product", "An admin of your organization can add products to them."];
  return (
    <EmptyState titleText={title} icon={CubesIcon} headingLevel="h2">
      <EmptyStateBody>{text}</EmptyStateBody>
    </EmptyState>
  );
}

const columns: readonly ListColumn<Product>[] = [
  {
    title: "Product",
    show: ({ id, name }) => (
      <Link to="/products/$id" params={{ id: String(id) }}>
        <Name>{name}</Name>
      </Link>
    ),
    place: "title",
    isName: true,
  },
  {
    title: "System name",
    show: ({ system_name }) => <span className="bellwire-mono">{system_name}</span>,
    place: "text",
    isName: true,
  },
  { title: "Authentication", show: (product) => authenticationNames[product.backend_version], place: "value" },
  { title: "Created", show: ({ created_at }) => <When at={created_at} />, place: "end" },
];

export function AccountPlansPage() {
  const query = useQuery(accountPlansQuery(useManagement()));
  return (
    <>
      <PageHeader title="Account plans" actions={<CreatePlan path="account_plans" of="accounts" />}>
        Every account has a plan. New accounts get the default plan, and wait if it requires approval.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="plans" />}>
          {(plans) => (
            <Stack hasGutter>
              <PlanList
                path="account_plans"
                of="accounts"
                plans={plans}
                empty="Nobody can sign up without a plan. Create a plan and make it the default."
              />
              <FeatureCard plans={plans.map((plan) => ({ ...plan, kind: "account_plan" }))} />
            </Stack>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}
