// Generated from docs/reference/account-management-api.openapi.json.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AccessToken */
        AccessToken: {
            /** Format: int64 */
            id: number;
            name: string;
            scopes: ("account_management" | "cms" | "finance" | "policy_registry" | "stats")[];
            /**
             * @description Read-only (`ro`) or read-write (`rw`).
             * @enum {string}
             */
            permission: "ro" | "rw";
            /** Format: date-time */
            expires_at?: string;
        };
        /** AccessTokenCreateRequest */
        AccessTokenCreateRequest: {
            name: string;
            /**
             * @description Read-only (`ro`) or read-write (`rw`).
             * @enum {string}
             */
            permission: "ro" | "rw";
            scopes: ("account_management" | "cms" | "finance" | "policy_registry" | "stats")[];
            /**
             * Format: date-time
             * @description In the future, with a time zone. Responses have it in the provider's time zone.
             */
            expires_at?: string;
            /** @description Your password. Required in a session of the Admin Portal, unless you sign in without a password; ignored with a token or the provider key. */
            current_password?: string;
        };
        /**
         * Account
         * @description Followed by the fields that you have defined.
         */
        Account: {
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            credit_card_stored: boolean;
            credit_card_partial_number?: string;
            /** Format: date */
            credit_card_expires_on?: string;
            /** @description Absent while the account is suspended or scheduled for deletion. */
            monthly_billing_enabled?: boolean;
            /** @description Absent while the account is suspended or scheduled for deletion. */
            monthly_charging_enabled?: boolean;
            /** @enum {string} */
            state: "created" | "pending" | "approved" | "rejected" | "suspended" | "scheduled_for_deletion";
            /** Format: date-time */
            deletion_date?: string;
            annotations: {
                [key: string]: string;
            };
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
            org_name: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * AccountApplicationPlanBuyRequest
         * @description Also accepts the fields that you have defined for applications.
         */
        AccountApplicationPlanBuyRequest: {
            name?: string;
            description?: string;
            redirect_url?: string;
            /** @description In your time zone, unless it has its own. */
            first_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            first_daily_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            accepted_at?: string;
            create_origin?: string;
        } & {
            [key: string]: unknown;
        };
        /** AccountChangePlanRequest */
        AccountChangePlanRequest: {
            /** Format: int64 */
            plan_id: number;
        };
        /** AccountFeatureCreateRequest */
        AccountFeatureCreateRequest: {
            name?: string;
            /** @description Made from the name, or by chance, if a new feature has none. */
            system_name?: string;
            description?: string;
        };
        /** AccountFeatureUpdateRequest */
        AccountFeatureUpdateRequest: {
            name?: string;
            /** @description Made from the name, or by chance, if a new feature has none. */
            system_name?: string;
            description?: string;
        };
        /** AccountMessageRequest */
        AccountMessageRequest: {
            /** @description One line. */
            subject: string;
            /** @description The text of the message. */
            body?: string;
        };
        /** AccountPlan */
        AccountPlan: {
            /** Format: int64 */
            id: number;
            name: string;
            /** @enum {string} */
            state: "hidden" | "published";
            setup_fee: number;
            cost_per_month: number;
            /** Format: int64 */
            trial_period_days: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            cancellation_period: number;
            approval_required: boolean;
            default: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** AccountPlanCreateRequest */
        AccountPlanCreateRequest: {
            name: string;
            /** @description Cannot be changed later. Responses have that of application plans only. */
            system_name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
            setup_fee?: number;
            cost_per_month?: number;
            /** Format: int64 */
            trial_period_days?: number;
            /** @description Stored, but never returned. */
            description?: string;
        };
        /** AccountPlanFeaturesCreateRequest */
        AccountPlanFeaturesCreateRequest: {
            /**
             * Format: int64
             * @description The id of the feature.
             */
            feature_id?: number;
            /**
             * Format: int64
             * @description The same, without `feature_id`.
             */
            id?: number;
        };
        /** AccountPlanUpdateRequest */
        AccountPlanUpdateRequest: {
            name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
            setup_fee?: number;
            cost_per_month?: number;
            /** Format: int64 */
            trial_period_days?: number;
            /** @description Stored, but never returned. */
            description?: string;
        };
        /** AccountSetCreditCardRequest */
        AccountSetCreditCardRequest: {
            credit_card_token: string;
            credit_card_authorize_net_payment_profile_token?: string;
            credit_card_expiration_year: string;
            credit_card_expiration_month: string;
            billing_address_name: string;
            billing_address_address: string;
            billing_address_city: string;
            billing_address_country: string;
            billing_address_state?: string;
            billing_address_phone?: string;
            billing_address_zip?: string;
            credit_card_partial_number?: string;
            payment_method_id?: string;
        };
        /**
         * AccountUpdateRequest
         * @description Also accepts the fields that you have defined for accounts, optionally inside `extra_fields`; `name` as a synonym of `org_name`; and `billing_address`, nested or in parts such as `billing_address_city`, if you have defined it.
         */
        AccountUpdateRequest: {
            org_name?: string;
            monthly_billing_enabled?: boolean;
            monthly_charging_enabled?: boolean;
            /** @description Machine-readable notes. The only one is `managed_by`; an empty text removes it. */
            annotations?: {
                managed_by?: string;
            };
        } & {
            [key: string]: unknown;
        };
        /** ActiveDocsSpecCreateRequest */
        ActiveDocsSpecCreateRequest: {
            /**
             * Format: int64
             * @description The service that it describes. Empty: none.
             */
            service_id?: number;
            name: string;
            /** @description Made from the name if absent. Cannot be changed later. */
            system_name?: string;
            description?: string;
            /** @description Shows it in the Developer Portal. */
            published?: boolean;
            /** @description Accepts any JSON as `body`. */
            skip_swagger_validations?: boolean;
            /** @description The specification: JSON in OpenAPI 3 or Swagger 2.0, up to 1 MiB. */
            body: string;
        };
        /** ActiveDocsSpecUpdateRequest */
        ActiveDocsSpecUpdateRequest: {
            /**
             * Format: int64
             * @description The service that it describes. Empty: none.
             */
            service_id?: number;
            name?: string;
            description?: string;
            /** @description Shows it in the Developer Portal. */
            published?: boolean;
            /** @description Accepts any JSON as `body`. */
            skip_swagger_validations?: boolean;
            /** @description The specification: JSON in OpenAPI 3 or Swagger 2.0, up to 1 MiB. */
            body?: string;
        };
        /**
         * ApiDoc
         * @description An API specification.
         */
        ApiDoc: {
            /** Format: int64 */
            id: number;
            system_name: string;
            name: string;
            description?: string;
            published: boolean;
            skip_swagger_validations: boolean;
            body: string;
            /**
             * Format: int64
             * @description Absent if it belongs to no service.
             */
            service_id?: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * Application
         * @description Followed by the fields that you have defined.
         */
        Application: {
            /** Format: int64 */
            id: number;
            /** @enum {string} */
            state: "pending" | "live" | "suspended";
            /** @description True if it is live and neither its account nor its service is being deleted. */
            enabled: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: int64 */
            service_id: number;
            service_name: string;
            /** Format: int64 */
            plan_id: number;
            plan_name: string;
            /** Format: int64 */
            account_id: number;
            org_name: string;
            first_traffic_at: string | null;
            first_daily_traffic_at: string | null;
            /** @description If the service authenticates applications by user key. */
            user_key?: string;
            provider_verification_key?: string;
            /** @description If the service authenticates them by application id or as an OAuth client. */
            application_id?: string;
            redirect_url?: string | null;
            /** @description OAuth and OpenID Connect. */
            client_id?: string;
            client_secret?: string | null;
            oidc_configuration?: {
                [key: string]: unknown;
            };
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
            name?: string;
            description?: string;
        } & {
            [key: string]: unknown;
        };
        /** ApplicationChangePlanRequest */
        ApplicationChangePlanRequest: {
            /** Format: int64 */
            plan_id: number;
        };
        /**
         * ApplicationCreateRequest
         * @description Also accepts the fields that you have defined for applications.
         */
        ApplicationCreateRequest: {
            /** Format: int64 */
            plan_id: number;
            name?: string;
            description?: string;
            user_key?: string;
            application_id?: string;
            redirect_url?: string;
            /** @description In your time zone, unless it has its own. */
            first_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            first_daily_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            accepted_at?: string;
            create_origin?: string;
            /** @description One or more keys. */
            application_key?: string[];
        } & {
            [key: string]: unknown;
        };
        /** ApplicationKey */
        ApplicationKey: {
            value: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** ApplicationKeyCreateRequest */
        ApplicationKeyCreateRequest: {
            /** @description 5 to 255 printable ASCII characters without spaces. If absent, a random key. */
            key?: string;
        };
        /** ApplicationPlan */
        ApplicationPlan: {
            /** Format: int64 */
            id: number;
            name: string;
            /** @enum {string} */
            state: "hidden" | "published";
            setup_fee: number;
            cost_per_month: number;
            /** Format: int64 */
            trial_period_days: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            cancellation_period: number;
            approval_required: boolean;
            default: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description True if the plan was customized for one application. */
            custom: boolean;
            system_name: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** ApplicationPlanCreateRequest */
        ApplicationPlanCreateRequest: {
            name: string;
            /** @description Cannot be changed later. Responses have that of application plans only. */
            system_name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
            setup_fee?: number;
            cost_per_month?: number;
            /** Format: int64 */
            trial_period_days?: number;
            /** @description Stored, but never returned. */
            description?: string;
        };
        /** ApplicationPlanFeatureCreateRequest */
        ApplicationPlanFeatureCreateRequest: {
            /**
             * Format: int64
             * @description The id of the feature.
             */
            feature_id?: number;
            /**
             * Format: int64
             * @description The same, without `feature_id`.
             */
            id?: number;
        };
        /** ApplicationPlanUpdateRequest */
        ApplicationPlanUpdateRequest: {
            name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
            setup_fee?: number;
            cost_per_month?: number;
            /** Format: int64 */
            trial_period_days?: number;
            /** @description Stored, but never returned. */
            description?: string;
        };
        /** ApplicationReferrerFilterCreateRequest */
        ApplicationReferrerFilterCreateRequest: {
            /** @description A host, in which `*` matches any part, or an IP address. */
            referrer_filter: string;
        };
        /**
         * ApplicationUpdateRequest
         * @description Also accepts the fields that you have defined for applications.
         */
        ApplicationUpdateRequest: {
            name?: string;
            description?: string;
            user_key?: string;
            redirect_url?: string;
            /** @description In your time zone, unless it has its own. */
            first_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            first_daily_traffic_at?: string;
            /** @description In your time zone, unless it has its own. */
            accepted_at?: string;
            create_origin?: string;
        } & {
            [key: string]: unknown;
        };
        /** AuthenticationProvider */
        AuthenticationProvider: {
            /** Format: int64 */
            id: number;
            kind: string;
            /** @enum {string} */
            account_type: "developer" | "provider";
            name: string;
            system_name: string;
            client_id: string;
            client_secret?: string;
            site?: string;
            token_url?: string;
            user_info_url?: string;
            authorize_url?: string;
            skip_ssl_certificate_verification: boolean;
            automatically_approve_accounts: boolean;
            branding_state?: string;
            /** Format: int64 */
            account_id: number;
            username_key?: string;
            identifier_key: string;
            trust_email?: boolean;
            published: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /**
             * Format: uri
             * @description To be registered at the identity provider.
             */
            callback_url: string;
        };
        /** AuthenticationProviderAdminPortalCreateRequest */
        AuthenticationProviderAdminPortalCreateRequest: {
            /** @enum {string} */
            kind: "keycloak" | "auth0";
            /** @description Shown at the log-in. Made from the kind, if absent. */
            name?: string;
            /** @description Part of the callback URL. Made from the name, if absent. */
            system_name?: string;
            /** @description The id of this client at the identity provider. */
            client_id: string;
            /** @description The secret of this client at the identity provider. */
            client_secret: string;
            /** @description The issuer: the URL of the realm of `keycloak`, or of the tenant of `auth0`. Required for both. Of `github`: a GitHub Enterprise Server. */
            site?: string;
            /** @description Has no effect: certificates are always verified. `BELLWIRE_CA_FILE` adds an authority. */
            skip_ssl_certificate_verification?: boolean;
            /** @description Offers it at the log-in. */
            published?: boolean;
        };
        /** AuthenticationProviderAdminPortalUpdateRequest */
        AuthenticationProviderAdminPortalUpdateRequest: {
            /** @description The id of this client at the identity provider. */
            client_id?: string;
            /** @description The secret of this client at the identity provider. */
            client_secret?: string;
            /** @description The issuer: the URL of the realm of `keycloak`, or of the tenant of `auth0`. Required for both. Of `github`: a GitHub Enterprise Server. */
            site?: string;
            /** @description Has no effect: certificates are always verified. `BELLWIRE_CA_FILE` adds an authority. */
            skip_ssl_certificate_verification?: boolean;
            /** @description Offers it at the log-in. */
            published?: boolean;
        };
        /** AuthenticationProviderDeveloperPortalCreateRequest */
        AuthenticationProviderDeveloperPortalCreateRequest: {
            /** @description `keycloak`, `auth0`, `github`, or any other name for a plain OAuth 2 server. One of each kind. */
            kind: string;
            /** @description Shown at the log-in. Made from the kind, if absent. */
            name?: string;
            /** @description Part of the callback URL. Made from the name, if absent. */
            system_name?: string;
            /** @description The id of this client at the identity provider. */
            client_id: string;
            /** @description The secret of this client at the identity provider. */
            client_secret: string;
            /** @description The issuer: the URL of the realm of `keycloak`, or of the tenant of `auth0`. Required for both. Of `github`: a GitHub Enterprise Server. */
            site?: string;
            /** @description The token endpoint of another kind. */
            token_url?: string;
            /** @description The user info endpoint of another kind. */
            user_info_url?: string;
            /** @description The authorization endpoint of another kind. */
            authorize_url?: string;
            /** @description Has no effect: certificates are always verified. `BELLWIRE_CA_FILE` adds an authority. */
            skip_ssl_certificate_verification?: boolean;
            /** @description Approves accounts that sign up with it, also if their plan requires approval. */
            automatically_approve_accounts?: boolean;
            /**
             * @description The property of the user info with the username, of another kind.
             * @default login
             */
            username_key: string;
            /**
             * @description The property of the user info that identifies the user, of another kind.
             * @default id
             */
            identifier_key: string;
            /** @description Email addresses count as verified, even if the identity provider does not say so. */
            trust_email?: boolean;
            /** @description Offers it at the log-in. */
            published?: boolean;
            /**
             * @description Only `custom_brand` of `github`, which it has from the start.
             * @enum {string}
             */
            branding_state_event?: "brand_as_threescale" | "custom_brand";
        };
        /** AuthenticationProviderDeveloperPortalUpdateRequest */
        AuthenticationProviderDeveloperPortalUpdateRequest: {
            /** @description The id of this client at the identity provider. */
            client_id?: string;
            /** @description The secret of this client at the identity provider. */
            client_secret?: string;
            /** @description The issuer: the URL of the realm of `keycloak`, or of the tenant of `auth0`. Required for both. Of `github`: a GitHub Enterprise Server. */
            site?: string;
            /** @description Has no effect: certificates are always verified. `BELLWIRE_CA_FILE` adds an authority. */
            skip_ssl_certificate_verification?: boolean;
            /** @description Approves accounts that sign up with it, also if their plan requires approval. */
            automatically_approve_accounts?: boolean;
            /** @description Offers it at the log-in. */
            published?: boolean;
        };
        /** Feature */
        Feature: {
            /** Format: int64 */
            id: number;
            name?: string;
            system_name: string;
            /** @enum {string} */
            scope: "account_plan" | "service_plan" | "application_plan";
            visible: boolean;
            description?: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** FieldsDefinition */
        FieldsDefinition: {
            /** Format: int64 */
            id: number;
            /**
             * @description A cinstance is an application.
             * @enum {string}
             */
            target: "Account" | "User" | "Cinstance";
            name: string;
            label: string;
            required: boolean;
            hidden: boolean;
            read_only: boolean;
            choices: string[];
            /** Format: int64 */
            position: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /** FieldsDefinitionCreateRequest */
        FieldsDefinitionCreateRequest: {
            /**
             * @description A cinstance is an application.
             * @enum {string}
             */
            target: "Account" | "User" | "Cinstance";
            name: string;
            label: string;
            required?: boolean;
            hidden?: boolean;
            read_only?: boolean;
            /** @description Stored without duplicates and white space around them. */
            choices?: string[];
        };
        /** FieldsDefinitionUpdateRequest */
        FieldsDefinitionUpdateRequest: {
            /**
             * @description A cinstance is an application.
             * @enum {string}
             */
            target?: "Account" | "User" | "Cinstance";
            name?: string;
            label?: string;
            required?: boolean;
            hidden?: boolean;
            read_only?: boolean;
            /** @description Stored without duplicates and white space around them. */
            choices?: string[];
            /**
             * Format: int64
             * @description Starts at 1.
             */
            position?: number;
        };
        /** IssuedAccessToken */
        IssuedAccessToken: {
            /** Format: int64 */
            id: number;
            name: string;
            scopes: ("account_management" | "cms" | "finance" | "policy_registry" | "stats")[];
            /**
             * @description Read-only (`ro`) or read-write (`rw`).
             * @enum {string}
             */
            permission: "ro" | "rw";
            /** Format: date-time */
            expires_at?: string;
            /** @description Returned only here. */
            value: string;
        };
        /** Limit */
        Limit: {
            /** Format: int64 */
            id: number;
            /** @enum {string} */
            period: "eternity" | "year" | "month" | "week" | "day" | "hour" | "minute";
            /**
             * Format: int64
             * @description If empty or negative, 0.
             */
            value?: number;
            /** Format: int64 */
            metric_id: number;
            /** Format: int64 */
            plan_id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** LimitCreateRequest */
        LimitCreateRequest: {
            /** @enum {string} */
            period: "eternity" | "year" | "month" | "week" | "day" | "hour" | "minute";
            /**
             * Format: int64
             * @description If empty or negative, 0.
             */
            value?: number;
        };
        /** LimitUpdateRequest */
        LimitUpdateRequest: {
            /** @enum {string} */
            period?: "eternity" | "year" | "month" | "week" | "day" | "hour" | "minute";
            /**
             * Format: int64
             * @description If empty or negative, 0.
             */
            value?: number;
        };
        /** Message */
        Message: {
            /** Format: int64 */
            id: number;
            body?: string;
            subject: string;
            /** @constant */
            state: "sent";
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * Metadata
         * @description The position of this page in the list. Absent if the list has one page.
         */
        Metadata: {
            /** Format: int64 */
            per_page: number;
            /** Format: int64 */
            total_entries: number;
            /** Format: int64 */
            total_pages: number;
            /** Format: int64 */
            current_page: number;
        };
        /** Method */
        Method: {
            /** Format: int64 */
            id: number;
            /** @description The same as `system_name`. */
            name: string;
            system_name: string;
            friendly_name: string;
            description?: string;
            /** Format: int64 */
            parent_id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** Metric */
        Metric: {
            /** Format: int64 */
            id: number;
            /** @description The same as `system_name`. */
            name: string;
            system_name: string;
            friendly_name: string;
            description?: string;
            unit: string;
            /**
             * Format: int64
             * @description The metric of a method. Absent for a metric.
             */
            parent_id?: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /**
         * NotificationPreferences
         * @description Which notifications a user gets by email.
         */
        NotificationPreferences: {
            /** @description Sent when a developer account is created. Off by default. */
            account_created: boolean;
            /** @description Sent when a developer account is deleted. Off by default. */
            account_deleted: boolean;
            /** @description Sent when a developer requests an account plan. On by default. */
            account_plan_change_requested: boolean;
            /** @description Sent when an application is created. Off by default. */
            application_created: boolean;
            /** @description Sent when a developer requests an application plan. On by default. */
            application_plan_change_requested: boolean;
            /** @description Sent when an application is deleted. Off by default. */
            cinstance_cancellation: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when the trial of an application ends. Off by default. */
            cinstance_expired_trial: boolean;
            /** @description Sent when an application is moved to another plan. Off by default. */
            cinstance_plan_changed: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when a credit card cannot be deleted from the payment gateway. On by default. */
            credit_card_unstore_failed: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when an export of data is ready. On by default. */
            csv_data_export: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when a day of API traffic ends. Off by default. */
            daily_report: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when a developer's credit card is about to expire. On by default. */
            expired_credit_card_provider: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when invoices wait for a review. On by default. */
            invoices_to_review: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when an application comes close to a usage limit. On by default. */
            limit_alert_reached_provider: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when an application exceeds a usage limit. On by default. */
            limit_violation_reached_provider: boolean;
            /** @description Sent when a developer sends a message. On by default. */
            message_received: boolean;
            /** @description Sent when a customer moves to a plan with a lower monthly cost. Off by default. */
            plan_downgraded: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when somebody writes in the forum. Off by default. */
            post_created: boolean;
            /** @description Sent when a service subscription ends. Off by default. */
            service_contract_cancellation: boolean;
            /** @description Sent when an account is subscribed to a service. Off by default. */
            service_contract_created: boolean;
            /** @description Sent when a service subscription is moved to another plan. Off by default. */
            service_contract_plan_changed: boolean;
            /** @description Sent when a service is deleted. Off by default. */
            service_deleted: boolean;
            /** @description Sent when a developer requests a service plan. On by default. */
            service_plan_change_requested: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when the last attempt to charge an invoice fails. On by default. */
            unsuccessfully_charged_invoice_final_provider: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when an attempt to charge an invoice fails. Off by default. */
            unsuccessfully_charged_invoice_provider: boolean;
            /** @description Stored without an effect: Bellwire has no occasion for it. In 3scale when a week of API traffic ends. Off by default. */
            weekly_report: boolean;
        };
        /** NotificationPreferencesUpdateRequest */
        NotificationPreferencesUpdateRequest: {
            account_created?: boolean;
            account_deleted?: boolean;
            account_plan_change_requested?: boolean;
            application_created?: boolean;
            application_plan_change_requested?: boolean;
            cinstance_cancellation?: boolean;
            cinstance_expired_trial?: boolean;
            cinstance_plan_changed?: boolean;
            credit_card_unstore_failed?: boolean;
            csv_data_export?: boolean;
            daily_report?: boolean;
            expired_credit_card_provider?: boolean;
            invoices_to_review?: boolean;
            limit_alert_reached_provider?: boolean;
            limit_violation_reached_provider?: boolean;
            message_received?: boolean;
            plan_downgraded?: boolean;
            post_created?: boolean;
            service_contract_cancellation?: boolean;
            service_contract_created?: boolean;
            service_contract_plan_changed?: boolean;
            service_deleted?: boolean;
            service_plan_change_requested?: boolean;
            unsuccessfully_charged_invoice_final_provider?: boolean;
            unsuccessfully_charged_invoice_provider?: boolean;
            weekly_report?: boolean;
        };
        /** Permissions */
        Permissions: {
            /** Format: int64 */
            user_id: number;
            /** @enum {string} */
            role: "admin" | "member";
            allowed_sections: ("portal" | "finance" | "partners" | "monitoring" | "settings" | "plans" | "policy_registry")[];
            /** @description Null: all services. */
            allowed_service_ids: number[] | null;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** PersonalAccessTokenCreateRequest */
        PersonalAccessTokenCreateRequest: {
            name: string;
            /**
             * @description Read-only (`ro`) or read-write (`rw`).
             * @enum {string}
             */
            permission: "ro" | "rw";
            scopes: ("account_management" | "cms" | "finance" | "policy_registry" | "stats")[];
            /**
             * Format: date-time
             * @description In the future, with a time zone. Responses have it in the provider's time zone.
             */
            expires_at?: string;
            /** @description Your password. Required in a session of the Admin Portal, unless you sign in without a password; ignored with a token or the provider key. */
            current_password?: string;
        };
        /** PricingRule */
        PricingRule: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            metric_id: number;
            cost_per_unit: string;
            /** Format: int64 */
            min: number;
            /**
             * Format: int64
             * @description Absent without an upper bound.
             */
            max?: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** PricingRuleCreateRequest */
        PricingRuleCreateRequest: {
            /**
             * Format: int64
             * @default 1
             */
            min: number;
            /**
             * Format: int64
             * @description If empty, without an upper bound.
             */
            max?: number;
            /**
             * @description With at most 4 decimals.
             * @default 0
             */
            cost_per_unit: number;
        };
        /** Provider */
        Provider: {
            /** Format: int64 */
            id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            admin_domain: string;
            domain: string;
            /** Format: uri */
            admin_base_url: string;
            /** Format: uri */
            base_url: string;
            from_email?: string;
            support_email?: string;
            finance_support_email?: string;
            site_access_code?: string;
            credit_card_stored: boolean;
            monthly_billing_enabled?: boolean;
            monthly_charging_enabled?: boolean;
            state: string;
            annotations: {
                [key: string]: string;
            };
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
            org_name: string;
        };
        /** ProviderAccountUpdateRequest */
        ProviderAccountUpdateRequest: {
            from_email?: string;
            support_email?: string;
            finance_support_email?: string;
            site_access_code?: string;
        };
        /** ReferrerFilter */
        ReferrerFilter: {
            /** Format: int64 */
            id: number;
            value: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /**
         * Refusal
         * @description One of these fields gives the reason.
         */
        Refusal: {
            error?: string | {
                /** @description The object's current state. */
                from: string;
                /** @description The transition that this state does not allow. */
                event: string;
                error: string;
                /** @description The object, unchanged. */
                object: {
                    [key: string]: unknown;
                };
            };
            /** @description The error messages, by field. */
            errors?: {
                [key: string]: string[];
            };
            status?: string;
        };
        /** SSOTokenCreateRequest */
        SSOTokenCreateRequest: {
            /**
             * Format: int64
             * @description The developer. It counts more than `username`.
             */
            user_id?: number;
            /** @description The developer, if there is no `user_id`. */
            username?: string;
            /**
             * @description How long the address works, in seconds.
             * @default 600
             */
            expires_in: number;
            /** @description Where the developer goes afterwards: a path of the Developer Portal, or a URL, also of another site. Without it, to the account. */
            redirect_url?: string;
            /**
             * @description The protocol of the address. Without it, that of the Developer Portal.
             * @enum {string}
             */
            protocol?: "https" | "http";
        };
        /** Service */
        Service: {
            /** Format: int64 */
            id: number;
            name: string;
            state: string;
            system_name: string;
            /**
             * @description How applications authenticate: by a user key, an application id and keys, OAuth, or OpenID Connect.
             * @enum {string}
             */
            backend_version: "1" | "2" | "oauth" | "oidc";
            deployment_option: string;
            support_email?: string;
            description?: string;
            intentions_required: boolean;
            buyers_manage_apps: boolean;
            buyers_manage_keys: boolean;
            referrer_filters_required: boolean;
            custom_keys_enabled: boolean;
            buyer_key_regenerate_enabled: boolean;
            mandatory_app_key: boolean;
            buyer_can_select_plan: boolean;
            buyer_plan_change_permission: string;
            /** @description The percentages of a limit at which to notify the provider and the developers. Absent until set for the first time. */
            notification_settings?: {
                web_provider?: number[];
                email_provider?: number[];
                web_buyer?: number[];
                email_buyer?: number[];
            };
            annotations: {
                [key: string]: string;
            };
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** ServiceContract */
        ServiceContract: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            plan_id: number;
            /** Format: int64 */
            user_account_id: number;
            user_key: string | null;
            provider_public_key: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @enum {string} */
            state: "pending" | "live" | "suspended";
            description: string | null;
            paid_until: string | null;
            application_id: string | null;
            name: string | null;
            trial_period_expires_at: string | null;
            setup_fee: string;
            redirect_url: string | null;
            /** Format: date-time */
            variable_cost_paid_until: string;
            extra_fields: string | null;
            /** Format: int64 */
            tenant_id: number;
            create_origin: string | null;
            first_traffic_at: string | null;
            first_daily_traffic_at: string | null;
            /** Format: int64 */
            service_id: number;
            accepted_at: string | null;
        };
        /** ServiceCreateRequest */
        ServiceCreateRequest: {
            name: string;
            description?: string;
            /** @description If empty, the provider's address. */
            support_email?: string;
            /** @description `hosted`, `self_managed`, `service_mesh_istio`, or `plugin_` followed by a language. */
            deployment_option?: string;
            /**
             * @description How applications authenticate: by a user key, an application id and keys, OAuth, or OpenID Connect.
             * @enum {string}
             */
            backend_version?: "1" | "2" | "oauth" | "oidc";
            /** @description Cannot be changed later. */
            system_name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide" | "complete" | "take_offline" | "deprecate" | "mark_as_deleted";
            intentions_required?: boolean;
            buyers_manage_apps?: boolean;
            buyers_manage_keys?: boolean;
            referrer_filters_required?: boolean;
            custom_keys_enabled?: boolean;
            buyer_key_regenerate_enabled?: boolean;
            mandatory_app_key?: boolean;
            buyer_can_select_plan?: boolean;
            /** @description `direct`, `request`, `credit_card`, `request_credit_card` or `none`. Any other value is stored and permits nothing. */
            buyer_plan_change_permission?: string;
            /** @description Stored, but never returned. */
            txt_support?: string;
            /** @description Stored, but never returned. */
            terms?: string;
            /** @description The percentages of a limit at which to notify the provider and the developers. Absent until set for the first time. */
            notification_settings?: {
                web_provider?: number[];
                email_provider?: number[];
                web_buyer?: number[];
                email_buyer?: number[];
            };
            /** @description Machine-readable notes. The only one is `managed_by`; an empty text removes it. */
            annotations?: {
                managed_by?: string;
            };
        };
        /** ServiceFeatureCreateRequest */
        ServiceFeatureCreateRequest: {
            name?: string;
            /** @description Made from the name, or by chance, if a new feature has none. */
            system_name?: string;
            description?: string;
            /**
             * @default ApplicationPlan
             * @enum {string}
             */
            scope: "ApplicationPlan" | "ServicePlan";
        };
        /** ServiceFeatureUpdateRequest */
        ServiceFeatureUpdateRequest: {
            name?: string;
            /** @description Made from the name, or by chance, if a new feature has none. */
            system_name?: string;
            description?: string;
        };
        /** ServiceMethodCreateRequest */
        ServiceMethodCreateRequest: {
            /** @description Unique within the service. */
            friendly_name: string;
            /** @description Cannot be changed later. */
            system_name?: string;
            description?: string;
        };
        /** ServiceMethodUpdateRequest */
        ServiceMethodUpdateRequest: {
            /** @description Unique within the service. */
            friendly_name?: string;
            description?: string;
        };
        /** ServiceMetricCreateRequest */
        ServiceMetricCreateRequest: {
            /** @description Unique within the service. */
            friendly_name: string;
            /** @description Cannot be changed later. */
            system_name?: string;
            unit: string;
            description?: string;
        };
        /** ServiceMetricUpdateRequest */
        ServiceMetricUpdateRequest: {
            /** @description Unique within the service. */
            friendly_name?: string;
            unit?: string;
            description?: string;
        };
        /** ServicePlan */
        ServicePlan: {
            /** Format: int64 */
            id: number;
            name: string;
            /** @enum {string} */
            state: "hidden" | "published";
            setup_fee: number;
            cost_per_month: number;
            /** Format: int64 */
            trial_period_days: number;
            /**
             * Format: int64
             * @description Seconds.
             */
            cancellation_period: number;
            approval_required: boolean;
            default: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
        };
        /** ServicePlanCreateRequest */
        ServicePlanCreateRequest: {
            name: string;
            /** @description Cannot be changed later. Responses have that of application plans only. */
            system_name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
        };
        /** ServicePlanFeatureAddRequest */
        ServicePlanFeatureAddRequest: {
            /**
             * Format: int64
             * @description The id of the feature.
             */
            feature_id?: number;
            /**
             * Format: int64
             * @description The same, without `feature_id`.
             */
            id?: number;
        };
        /** ServicePlanUpdateRequest */
        ServicePlanUpdateRequest: {
            name?: string;
            /** @enum {string} */
            state_event?: "publish" | "hide";
            approval_required?: boolean;
        };
        /** ServiceSubscription */
        ServiceSubscription: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            plan_id: number;
            /** Format: int64 */
            user_account_id: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @enum {string} */
            state: "pending" | "live" | "suspended";
            /** Format: date-time */
            paid_until: string;
            /** Format: date-time */
            trial_period_expires_at: string;
            setup_fee: string;
            /** @constant */
            type: "ServiceContract";
            /** Format: date-time */
            variable_cost_paid_until: string;
            /** Format: int64 */
            tenant_id: number;
            /** Format: int64 */
            service_id: number;
            /** Format: date-time */
            accepted_at?: string;
        };
        /** ServiceSubscriptionChangePlanRequest */
        ServiceSubscriptionChangePlanRequest: {
            /**
             * Format: int64
             * @description A service plan, which may be hidden.
             */
            plan_id: number;
        };
        /** ServiceSubscriptionCreateRequest */
        ServiceSubscriptionCreateRequest: {
            /**
             * Format: int64
             * @description A service plan, which may be hidden.
             */
            plan_id: number;
        };
        /** ServiceUpdateRequest */
        ServiceUpdateRequest: {
            name?: string;
            description?: string;
            /** @description If empty, the provider's address. */
            support_email?: string;
            /** @description `hosted`, `self_managed`, `service_mesh_istio`, or `plugin_` followed by a language. */
            deployment_option?: string;
            /**
             * @description How applications authenticate: by a user key, an application id and keys, OAuth, or OpenID Connect.
             * @enum {string}
             */
            backend_version?: "1" | "2" | "oauth" | "oidc";
            /** @enum {string} */
            state_event?: "publish" | "hide" | "complete" | "take_offline" | "deprecate" | "mark_as_deleted";
            intentions_required?: boolean;
            buyers_manage_apps?: boolean;
            buyers_manage_keys?: boolean;
            referrer_filters_required?: boolean;
            custom_keys_enabled?: boolean;
            buyer_key_regenerate_enabled?: boolean;
            mandatory_app_key?: boolean;
            buyer_can_select_plan?: boolean;
            /** @description `direct`, `request`, `credit_card`, `request_credit_card` or `none`. Any other value is stored and permits nothing. */
            buyer_plan_change_permission?: string;
            /** @description Stored, but never returned. */
            txt_support?: string;
            /** @description Stored, but never returned. */
            terms?: string;
            /** @description The percentages of a limit at which to notify the provider and the developers. Absent until set for the first time. */
            notification_settings?: {
                web_provider?: number[];
                email_provider?: number[];
                web_buyer?: number[];
                email_buyer?: number[];
            };
            /** @description Machine-readable notes. The only one is `managed_by`; an empty text removes it. */
            annotations?: {
                managed_by?: string;
            };
        };
        /** Settings */
        Settings: {
            /** @description Developers can view and edit their account. */
            useraccountarea_enabled: boolean;
            /** @description Absent until set for the first time. */
            hide_service?: boolean;
            signups_enabled: boolean;
            /** @description The setting of the account plan. Cannot be changed here if there are several account plans, each with its own. */
            account_approval_required: boolean;
            public_search: boolean;
            account_plans_ui_visible: boolean;
            /** @enum {string} */
            change_account_plan_permission: "direct" | "request" | "credit_card" | "request_credit_card" | "none";
            service_plans_ui_visible: boolean;
            /** @enum {string} */
            change_service_plan_permission: "direct" | "request" | "credit_card" | "request_credit_card" | "none";
            /** @description Your team signs in to the Admin Portal only with an authentication provider. Needs a published one that somebody has signed in with since its last change. */
            enforce_sso: boolean;
            email_activation: boolean | null;
            /** @description The minimum length of passwords, of developers and of your own users. */
            password_length_min: number;
            /** @description An IANA time zone such as Europe/Oslo, for the times in responses and webhooks. Webhooks of a visitor's sign-up have UTC. */
            time_zone: string;
            /**
             * @description Denied: no webhooks are sent. Only admins and the provider key can change it.
             * @enum {string}
             */
            web_hooks: "denied" | "hidden" | "visible";
        };
        /** SettingsUpdateRequest */
        SettingsUpdateRequest: {
            /** @description Developers can view and edit their account. */
            useraccountarea_enabled?: boolean;
            /** @description Absent until set for the first time. */
            hide_service?: boolean;
            signups_enabled?: boolean;
            /** @description The setting of the account plan. Cannot be changed here if there are several account plans, each with its own. */
            account_approval_required?: boolean;
            public_search?: boolean;
            account_plans_ui_visible?: boolean;
            /** @enum {string} */
            change_account_plan_permission?: "direct" | "request" | "credit_card" | "request_credit_card" | "none";
            service_plans_ui_visible?: boolean;
            /** @enum {string} */
            change_service_plan_permission?: "direct" | "request" | "credit_card" | "request_credit_card" | "none";
            /** @description Your team signs in to the Admin Portal only with an authentication provider. Needs a published one that somebody has signed in with since its last change. */
            enforce_sso?: boolean;
            email_activation?: boolean | null;
            /** @description The minimum length of passwords, of developers and of your own users. */
            password_length_min?: number;
            /** @description An IANA time zone such as Europe/Oslo, for the times in responses and webhooks. Webhooks of a visitor's sign-up have UTC. */
            time_zone?: string;
            /**
             * @description Denied: no webhooks are sent. Only admins and the provider key can change it.
             * @enum {string}
             */
            web_hooks?: "denied" | "hidden" | "visible";
        };
        /**
         * SignupExpressAccountCreateRequest
         * @description Also accepts the fields that you have defined for accounts and users, those of accounts optionally inside `extra_fields`.
         */
        SignupExpressAccountCreateRequest: {
            org_name: string;
            username: string;
            email?: string;
            password?: string;
            /** Format: int64 */
            account_plan_id?: number;
            /** Format: int64 */
            service_plan_id?: number;
            /** Format: int64 */
            application_plan_id?: number;
            /** @description Machine-readable notes. The only one is `managed_by`; an empty text removes it. */
            annotations?: {
                managed_by?: string;
            };
        } & {
            [key: string]: unknown;
        };
        /** SsoToken */
        SsoToken: {
            /** Format: uri */
            sso_url: string;
            token: string;
        };
        /**
         * User
         * @description Followed by the fields that you have defined.
         */
        User: {
            /** Format: int64 */
            id: number;
            /** @enum {string} */
            state: "pending" | "active" | "suspended" | "email_unverified";
            /** @enum {string} */
            role: "admin" | "member";
            cas_identifier?: string;
            open_id?: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            links: {
                rel: string;
                /** Format: uri */
                href: string;
            }[];
            username: string;
            email?: string;
        } & {
            [key: string]: unknown;
        };
        /** UserCreateProviderAccountRequest */
        UserCreateProviderAccountRequest: {
            username: string;
            email: string;
            /** @description If absent, an admin sets it later. */
            password?: string;
            password_confirmation?: string;
            member_permission_ids?: ("portal" | "finance" | "partners" | "monitoring" | "settings" | "plans" | "policy_registry")[];
            /** @description Like `allowed_service_ids` of the permissions. */
            member_permission_service_ids?: number[];
        };
        /**
         * UserCreateRequest
         * @description Also accepts the fields that you have defined for users.
         */
        UserCreateRequest: {
            username: string;
            email?: string;
            password?: string;
        } & {
            [key: string]: unknown;
        };
        /** UserPermissionsUpdateRequest */
        UserPermissionsUpdateRequest: {
            allowed_sections?: ("portal" | "finance" | "partners" | "monitoring" | "settings" | "plans" | "policy_registry")[];
            /** @description The services that the member can access, with their plans and applications. Null or an empty text: all. */
            allowed_service_ids?: number[];
        };
        /** UserUpdateProviderAccountRequest */
        UserUpdateProviderAccountRequest: {
            username?: string;
            email?: string;
            password?: string;
            password_confirmation?: string;
            member_permission_ids?: ("portal" | "finance" | "partners" | "monitoring" | "settings" | "plans" | "policy_registry")[];
            /** @description Like `allowed_service_ids` of the permissions. */
            member_permission_service_ids?: number[];
            /** @description Required only in the Admin Portal, from users who change their own username, email address or password. Their current session continues. Users without a password, or with `enforce_sso`, must have signed in within the last 10 minutes instead. */
            current_password?: string;
        };
        /**
         * UserUpdateRequest
         * @description Also accepts the fields that you have defined for users.
         */
        UserUpdateRequest: {
            username?: string;
            email?: string;
            password?: string;
        } & {
            [key: string]: unknown;
        };
        /** WebHooksUpdateRequest */
        WebHooksUpdateRequest: {
            /** @description Receives the events that are switched on. At most 255 characters. */
            url?: string;
            /** @description If false, new events are not sent and pending deliveries wait. */
            active?: boolean;
            /** @description Also send events of changes made in the Admin Portal and with access tokens. */
            provider_actions?: boolean;
            account_created_on?: boolean;
            account_updated_on?: boolean;
            account_deleted_on?: boolean;
            user_created_on?: boolean;
            user_updated_on?: boolean;
            user_deleted_on?: boolean;
            application_created_on?: boolean;
            application_updated_on?: boolean;
            application_deleted_on?: boolean;
            account_plan_changed_on?: boolean;
            application_plan_changed_on?: boolean;
            application_user_key_updated_on?: boolean;
            application_key_created_on?: boolean;
            application_key_deleted_on?: boolean;
            application_suspended_on?: boolean;
            application_key_updated_on?: boolean;
        };
        /** Webhook */
        Webhook: {
            /** @description Receives the events that are switched on. At most 255 characters. */
            url: string;
            /** @description If false, new events are not sent and pending deliveries wait. */
            active: boolean;
            /** @description Also send events of changes made in the Admin Portal and with access tokens. */
            provider_actions: boolean;
            account_created_on: boolean;
            account_updated_on: boolean;
            account_deleted_on: boolean;
            user_created_on: boolean;
            user_updated_on: boolean;
            user_deleted_on: boolean;
            application_created_on: boolean;
            application_updated_on: boolean;
            application_deleted_on: boolean;
            account_plan_changed_on: boolean;
            application_plan_changed_on: boolean;
            application_user_key_updated_on: boolean;
            application_key_created_on: boolean;
            application_key_deleted_on: boolean;
            application_suspended_on: boolean;
            application_key_updated_on: boolean;
        };
        /** WebhooksFailure */
        WebhooksFailure: {
            /** @description The event's id, sent to receivers as `webhook-id`. */
            id: string;
            /** Format: date-time */
            time: string;
            error: string;
            url: string;
            /** @description The body that could not be delivered. */
            event: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
