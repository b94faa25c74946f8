import { Button, type ButtonProps } from "@patternfly/react-core";
import { createLink } from "@tanstack/react-router";

/** A link within the Admin Portal that looks like PatternFly's button. */
export const LinkButton = createLink((props: ButtonProps) => <Button component="a" {...props} />);
