import { expect, test } from "vitest";
import { indentEvent } from "./indent-event.ts";

test("each element is on a line of its own, and an empty one closes itself", () => {
  const document =
    '<?xml version="1.0" encoding="UTF-8"?><event><action>created</action><type>account</type><object><account><id>31</id>' +
    "<annotations></annotations><trial_period_days/><org_name>Harbour &amp; Sons</org_name>" +
    '<plans><plan custom="false"><id>5</id></plan><plan default="true"></plan></plans></account></object></event>';

  expect(indentEvent(document)).toBe(`<event>
  <action>created</action>
  <type>account</type>
  <object>
    <account>
      <id>31</id>
      <annotations/>
      <trial_period_days/>
      <org_name>Harbour &amp; Sons</org_name>
      <plans>
        <plan custom="false">
          <id>5</id>
        </plan>
        <plan default="true"/>
      </plans>
    </account>
  </object>
</event>`);
});

test("a text of several lines stays as it is", () => {
  expect(indentEvent("<event><address>1 Quay\n2 Quay</address></event>")).toBe(
    "<event>\n  <address>1 Quay\n2 Quay</address>\n</event>",
  );
});
