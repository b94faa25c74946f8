import { Button, EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useManagement } from "../../api/management-client.ts";
import { type Product, productsQuery } from "../../api/products.ts";
import { mayCreateProducts, useSession } from "../../api/session.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ProductDialog, authenticationNames } from "../../components/product-dialog.tsx";
import { When } from "../../components/time.tsx";
import { Name } from "../../components/labels.tsx";

export function ProductsPage() {
  const query = useQuery(productsQuery(useManagement()));
  const mayCreate = mayCreateProducts(useSession());
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <PageHeader
        title="Products"
        actions={mayCreate && <Button onClick={() => setCreating(true)}>Create a product</Button>}
      >
        The APIs that your developers use. Each product has plans, and each application is on a plan.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="products" />}>
          {(products) =>
            products.length > 0 ? (
              <ProductsTable products={products} />
            ) : (
              <EmptyState titleText="No products yet" icon={CubesIcon} headingLevel="h2">
                <EmptyStateBody>
                  Create a product and a plan, and developers can create applications for it.
                </EmptyStateBody>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
      {isCreating && <ProductDialog onClose={() => setCreating(false)} />}
    </>
  );
}

function ProductsTable({ products }: { products: readonly Product[] }) {
  return (
    <Table aria-label="Products" variant="compact">
      <Thead>
        <Tr>
          <Th>Product</Th>
          <Th>System name</Th>
          <Th>Authentication</Th>
          <Th>Created</Th>
        </Tr>
      </Thead>
      <Tbody>
        {products.map((product) => (
          <Tr key={product.id}>
            <Td dataLabel="Product" modifier="breakWord">
              <Link to="/products/$id" params={{ id: String(product.id) }}>
                <Name>{product.name}</Name>
              </Link>
            </Td>
            <Td dataLabel="System name">
              <span className="bellwire-mono">{product.system_name}</span>
            </Td>
            <Td dataLabel="Authentication">{authenticationNames[product.backend_version]}</Td>
            <Td dataLabel="Created">
              <When at={product.created_at} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
