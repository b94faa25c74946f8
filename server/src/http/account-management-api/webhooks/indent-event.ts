/**
 * The `<event>` of a document as 3scale shows it on the failure list: each element on a line of its own, two spaces
 * deeper than its parent, empty elements closed by themselves. `document` is one of ours, so it is well-formed.
 */
export function indentEvent(document: string): string {
  let indented = "";
  let depth = 0;
  let before: "opened" | "closed" | "text" = "closed";
  const newLine = (): string => `${indented === "" ? "" : "\n"}${"  ".repeat(depth)}`;

  for (const token of document.replace(/^<\?xml[^>]*\?>/, "").match(/<[^>]+>|[^<]+/g) ?? []) {
    if (!token.startsWith("<")) {
      indented += token;
      before = "text";
    } else if (!token.startsWith("</")) {
      indented += newLine() + token;
      before = token.endsWith("/>") ? "closed" : "opened";
      if (before === "opened") depth += 1;
    } else {
      depth -= 1;
      if (before === "opened") indented = `${indented.slice(0, -1)}/>`;
      else indented += before === "text" ? token : newLine() + token;
      before = "closed";
    }
  }
  return indented;
}
