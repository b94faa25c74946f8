import { Breadcrumb, BreadcrumbItem } from "@patternfly/react-core";
import { Link, type LinkProps } from "@tanstack/react-router";

export interface PageBreadcrumbProps {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly list: string;
  /** The page itself. */
  readonly here: string;
}

/** From a thing back to the list that it is in. */
export function PageBreadcrumb({ to, list, here }: PageBreadcrumbProps) {
  return (
    <Breadcrumb className="bellwire-breadcrumb">
      <BreadcrumbItem
        render={({ className }) => (
          <Link className={className} to={to}>
            {list}
          </Link>
        )}
      />
      <BreadcrumbItem isActive>{here}</BreadcrumbItem>
    </Breadcrumb>
  );
}
