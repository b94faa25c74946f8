import { expect, test } from "vitest";
import type { AuthenticationProvider } from "../../api/settings.ts";
import { type Answers, click, fill, showInPortal, tick } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { SingleSignOnPage } from "./single-sign-on-page.tsx";

const keycloak: AuthenticationProvider = {
  id: 31,
  kind: "keycloak",
  account_type: "developer",
  name: "Harbour",
  system_name: "harbour",
  client_id: "bellwire",
  client_secret: "s3cret",
  site: "https://sso.example/realms/harbour",
  skip_ssl_certificate_verification: false,
  automatically_approve_accounts: false,
  account_id: 2,
  identifier_key: "id",
  published: true,
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
  callback_url: "https://acme.example/auth/harbour/callback",
};

const listed: Answers = {
  "GET authentication_providers": [200, { authentication_providers: [{ authentication_provider: keycloak }] }],
  "GET account/authentication_providers": [200, { authentication_providers: [] }],
};

const show = (answers: Answers = {}) => showInPortal(<SingleSignOnPage />, { answers: { ...listed, ...answers } });

const fieldIds = () =>
  [...document.querySelectorAll<HTMLInputElement>("[role=dialog] input, [role=dialog] select")].map(({ id }) => id);

const kinds = () => [...(document.querySelector<HTMLSelectElement>("#kind")?.options ?? [])].map(({ value }) => value);

test("an identity provider shows the callback URL to register, and can be hidden", async () => {
  const { changes } = show({ "PUT authentication_providers/31": [200, { authentication_provider: keycloak }] });
  await waitFor(() => expect(document.body.textContent).toContain(keycloak.callback_url));
  await click("Actions for Harbour");
  await click("Hide");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "PUT authentication_providers/31", body: { published: false } }]),
  );
});

test("each kind is offered once in the Developer Portal, with the fields that it needs", async () => {
  const { changes } = show({ "POST authentication_providers": [201, { authentication_provider: keycloak }] });
  await waitFor(() => expect(document.body.textContent).toContain("Harbour"));
  const ofDevelopers = [...document.querySelectorAll("button")].find(
    ({ textContent }) => textContent === "Add an identity provider",
  );
  ofDevelopers?.click();
  await waitFor(() => expect(kinds()).toEqual(["auth0", "github", "oauth2"]));
  expect(fieldIds()).toContain("site");
  await fill("kind", "github");
  expect(fieldIds()).not.toContain("site");
  await fill("kind", "oauth2");
  expect(fieldIds()).toEqual(expect.arrayContaining(["authorize_url", "token_url", "user_info_url", "trust_email"]));
  await fill("client_id", "bellwire");
  await fill("client_secret", "s3cret");
  await fill("authorize_url", "https://id.example/authorize");
  await fill("token_url", "https://id.example/token");
  await fill("user_info_url", "https://id.example/me");
  await tick("automatically_approve_accounts");
  await click("Add");
  await waitFor(() =>
    expect(changes()).toEqual([
      {
        request: "POST authentication_providers",
        body: {
          kind: "oauth2",
          client_id: "bellwire",
          client_secret: "s3cret",
          authorize_url: "https://id.example/authorize",
          token_url: "https://id.example/token",
          user_info_url: "https://id.example/me",
          automatically_approve_accounts: true,
        },
      },
    ]),
  );
});

test("the team signs in with kinds whose users are not just anybody", async () => {
  show();
  await waitFor(() => expect(document.body.textContent).toContain("There are no identity providers yet."));
  await click("Add an identity provider"); // the last one on the page
  await waitFor(() => expect(kinds()).toEqual(["keycloak", "auth0"]));
  expect(fieldIds()).not.toContain("automatically_approve_accounts");
});

test("an edit sends only what was changed, and never shows the secret", async () => {
  const { changes } = show({
    "GET authentication_providers/31": [200, { authentication_provider: keycloak }],
    "PUT authentication_providers/31": [200, { authentication_provider: keycloak }],
  });
  await click("Actions for Harbour");
  await click("Edit");
  await fill("client_id", "portal");
  expect(document.querySelector<HTMLInputElement>("#client_secret")?.type).toBe("password");
  await click("Save");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "PUT authentication_providers/31", body: { client_id: "portal" } }]),
  );
});

test("an identity provider is deleted after a question", async () => {
  const { changes } = show({ "DELETE authentication_providers/31": [204, ""] });
  await click("Actions for Harbour");
  await click("Delete");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("Delete Harbour?"));
  expect(changes()).toEqual([]);
  await click("Delete");
  await waitFor(() => expect(changes()).toEqual([{ request: "DELETE authentication_providers/31" }]));
});
