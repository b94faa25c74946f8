import { Content, Form, FormSection } from "@patternfly/react-core";

import type { Settings } from "../../api/management/settings-queries.ts";
import { SaveBar } from "../../components/form/save-bar.tsx";
import { AccountFields } from "./account-fields.tsx";
import { EverywhereFields } from "./everywhere-fields.tsx";
import { KeptFields } from "./kept-fields.tsx";
import { SignUpFields } from "./sign-up-fields.tsx";
import { useSettingsForm } from "./use-settings-form.ts";

export function SettingsForm({ saved }: { saved: Settings }) {
  const form = useSettingsForm(saved);
  const { isChanged, isSaving, submit, discard } = form;
  return (
    <Form onSubmit={submit} isWidthLimited maxWidth="60rem">
      <FormSection title="Signing up" titleElement="h2">
        <SignUpFields form={form} />
      </FormSection>
      <FormSection title="Accounts" titleElement="h2">
        <AccountFields form={form} />
      </FormSection>
      <FormSection title="Everywhere" titleElement="h2">
        <EverywhereFields form={form} />
      </FormSection>
      <FormSection title="Kept for other programs" titleElement="h2">
        <Content component="p">
          Programs that were written for 3scale may read and set these. Bellwire keeps them; its own pages do not act on
          them.
        </Content>
        <KeptFields form={form} />
      </FormSection>
      <SaveBar save="Save the settings" isSaving={isSaving} onDiscard={isChanged ? discard : undefined} />
    </Form>
  );
}
