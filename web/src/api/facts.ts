// Generated from the OpenAPI documents, the defaults of endpoints and the notifications.

export const endpointLimits = {
  "name": {
    "minLength": 1,
    "maxLength": 255
  },
  "url": {
    "maxLength": 2048
  },
  "description": {
    "maxLength": 2000
  },
  "retry_waits_seconds": {
    "maxItems": 50,
    "items": {
      "min": 0,
      "max": 604800
    }
  },
  "timeout_seconds": {
    "min": 1,
    "max": 60
  },
  "max_in_flight": {
    "min": 1,
    "max": 1000
  },
  "max_per_second": {
    "min": 1,
    "max": 100000
  }
} as const;

export const endpointDefaults = {
  "3scale": {
    "success": "200",
    "timeout_seconds": 60,
    "ordering": "none",
    "max_per_second": null,
    "event_types": [],
    "retry_waits_seconds": []
  },
  "json": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "account",
    "max_per_second": null,
    "event_types": [],
    "retry_waits_seconds": [
      5,
      300,
      1800,
      7200,
      18000,
      36000,
      50400,
      72000,
      86400
    ]
  },
  "cloudevents": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "account",
    "max_per_second": null,
    "event_types": [],
    "retry_waits_seconds": [
      5,
      300,
      1800,
      7200,
      18000,
      36000,
      50400,
      72000,
      86400
    ]
  },
  "cloudevents-binary": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "account",
    "max_per_second": null,
    "event_types": [],
    "retry_waits_seconds": [
      5,
      300,
      1800,
      7200,
      18000,
      36000,
      50400,
      72000,
      86400
    ]
  },
  "chat": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "object",
    "max_per_second": 1,
    "event_types": [
      "endpoint.degraded",
      "endpoint.recovered",
      "endpoint.disabled",
      "deliveries.exhausted"
    ],
    "retry_waits_seconds": [
      5,
      60,
      300,
      900,
      1800,
      3600
    ]
  },
  "chat-discord": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "object",
    "max_per_second": 1,
    "event_types": [
      "endpoint.degraded",
      "endpoint.recovered",
      "endpoint.disabled",
      "deliveries.exhausted"
    ],
    "retry_waits_seconds": [
      5,
      60,
      300,
      900,
      1800,
      3600
    ]
  },
  "chat-teams": {
    "success": "2xx",
    "timeout_seconds": 15,
    "ordering": "object",
    "max_per_second": 1,
    "event_types": [
      "endpoint.degraded",
      "endpoint.recovered",
      "endpoint.disabled",
      "deliveries.exhausted"
    ],
    "retry_waits_seconds": [
      5,
      60,
      300,
      900,
      1800,
      3600
    ]
  }
} as const;

export const binLimits = {
  "name": {
    "maxLength": 100
  },
  "answer_status": {
    "min": 200,
    "max": 599
  },
  "answer_delay_ms": {
    "min": 0,
    "max": 120000
  },
  "answer_rules": {
    "maxItems": 20,
    "items": {}
  },
  "forward_url": {
    "minLength": 1,
    "maxLength": 2048
  }
} as const;

export const settingsLimits = {
  "password_length_min": {
    "min": 8,
    "max": 100
  }
} as const;

export const eventTypeNames = [
  "account.created",
  "account.updated",
  "account.plan_changed",
  "account.deleted",
  "user.created",
  "user.updated",
  "user.deleted",
  "application.created",
  "application.updated",
  "application.suspended",
  "application.plan_changed",
  "application.user_key_updated",
  "application.deleted",
  "application.key_created",
  "application.key_deleted",
  "application.key_updated",
  "endpoint.degraded",
  "endpoint.recovered",
  "endpoint.disabled",
  "deliveries.exhausted"
] as const;

export const accessTokenScopes = [
  "account_management",
  "cms",
  "finance",
  "policy_registry",
  "stats"
] as const;

export const permissionSections = [
  "portal",
  "finance",
  "partners",
  "monitoring",
  "settings",
  "plans",
  "policy_registry"
] as const;

export const mailedNotifications = {
  "account_created": [
    "partners"
  ],
  "account_deleted": [
    "partners"
  ],
  "account_plan_change_requested": [
    "partners"
  ],
  "application_created": [
    "partners"
  ],
  "application_plan_change_requested": [
    "partners"
  ],
  "cinstance_cancellation": [
    "partners"
  ],
  "cinstance_plan_changed": [
    "partners"
  ],
  "message_received": [
    "partners"
  ],
  "plan_downgraded": [
    "finance"
  ],
  "service_contract_cancellation": [
    "partners",
    "plans"
  ],
  "service_contract_created": [
    "partners",
    "plans"
  ],
  "service_contract_plan_changed": [
    "partners",
    "plans"
  ],
  "service_deleted": [
    "partners"
  ],
  "service_plan_change_requested": [
    "partners",
    "plans"
  ]
} as const;
