/** What dialogs say of webhooks: whether one is sent is for each endpoint, and for the switch of the default one. */
export const toldToEndpoints = "Endpoints that are told what admins do get a webhook.";
