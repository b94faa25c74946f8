// Generated from docs/reference/bellwire-api.openapi.json.

export interface paths {
    "/api/v1/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the endpoints
         * @description By age, a page at a time.
         */
        get: operations["listEndpoints"];
        put?: never;
        /**
         * Create an endpoint
         * @description Omitted fields get a default that fits the format.
         */
        post: operations["createEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an endpoint
         * @description Its URL is masked, as in all responses.
         */
        get: operations["readEndpoint"];
        put?: never;
        post?: never;
        /**
         * Delete an endpoint
         * @description Stops all deliveries to it. Pending deliveries are held for a minute, in which the deletion can be undone, and then cancelled; its URL, headers and secrets are erased. Its history stays, with masked URLs.
         */
        delete: operations["deleteEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change an endpoint
         * @description Changes the given fields. They apply from the next attempt on, also to pending deliveries.
         */
        patch: operations["changeEndpoint"];
        trace?: never;
    };
    "/api/v1/endpoints/{id}/undo_delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo the deletion of an endpoint
         * @description Within a minute of the deletion. The held deliveries, and those of events recorded meanwhile, are sent. Answers 409 if the endpoint is not deleted, the minute has passed, or another endpoint has its name.
         */
        post: operations["undoDeleteEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the signing secret
         * @description For those who may change the endpoint. Give it to the receiver, which verifies signatures with it. An audit record names who read it.
         */
        get: operations["readEndpointSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}/url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the unmasked URL
         * @description For those who may change the endpoint. Its query often holds a secret, so an audit record names who read it.
         */
        get: operations["readEndpointUrl"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the signing secret
         * @description For 24 hours, requests are signed with both secrets, so that the receiver can change without a gap.
         */
        post: operations["rotateEndpointSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a sample event now
         * @description A signed sample of the event, marked `bellwire-test: true`, through the same guard and sender as real ones. Answers with the attempt. It is not recorded.
         */
        post: operations["pingEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event_types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the event types
         * @description All event types, with their switch in 3scale's webhook and the interfaces that cause them.
         */
        get: operations["listEventTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event_types/{type}/sample": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a sample of an event type
         * @description The document that an endpoint of this format receives, with fictitious objects.
         */
        get: operations["readEventTypeSample"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List or follow events
         * @description All recorded events, sent or not: newest first, or oldest first without gaps with `order=oldest`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count events
         * @description Counts up to 10,000, and for a third of a second.
         */
        get: operations["countEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an event with its verdict for each endpoint
         * @description With its document, the previous values, and for each endpoint whether the event was sent or which gate stopped it.
         */
        get: operations["readEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event to an endpoint that did not receive it
         * @description Creates the delivery that a subscription at the time of the event would have created. An event that was sent already is not sent twice. No endpoint gets an event about itself, and 3scale's webhook none about endpoints.
         */
        post: operations["sendEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries, those of the newest event first
         * @description Each with its last attempt. A page takes about 100 ms at most: where a filter matches little, it may have fewer rows than `limit`, or none. `searched_until` then says how far it got, and `next` continues.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count deliveries
         * @description Counts up to 10,000, and for a third of a second.
         */
        get: operations["countDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a delivery with its attempts
         * @description Includes the body, and the request, the phases and the response of each attempt.
         */
        get: operations["readDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}/attempts/{number}/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the request of an attempt with its secrets
         * @description For those who may change endpoints. The request as it was sent, or as it would have been sent if there was no connection. An audit record names the reader. Not found if its endpoint was deleted: its secrets are erased.
         */
        get: operations["readAttemptRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery now, whatever its state
         * @description The id and the bytes stay the same. A delivery that had succeeded carries `bellwire-replay`.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release the deliveries that wait for this one
         * @description The delivery is still retried, but deliveries with the same ordering key no longer wait for it.
         */
        post: operations["skipDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}/undo_skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a skipped delivery back into its order
         * @description Until it is due again. It waits for earlier deliveries of its ordering key, and later ones that were not sent yet wait for it.
         */
        post: operations["undoSkipDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a pending delivery
         * @description It is not attempted again and does not count as a failure.
         */
        post: operations["cancelDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List attempts, those of the newest event first
         * @description `status`, `error_class` and `latency_min` are about the attempt itself. A page takes about 100 ms at most and may have fewer rows than `limit`; `searched_until` then says how far it got, and `next` continues.
         */
        get: operations["listAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count attempts
         * @description Counts up to 10,000, and for a third of a second.
         */
        get: operations["countAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find objects by an id, a key, an email, the beginning of a name or a part of a URL
         * @description Accounts, users, applications, endpoints, deliveries and events, at most 20. Only what the caller may read; applications only within the caller's services.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the views of the caller
         * @description Each user has views of their own. A token has those of its user.
         */
        get: operations["listViews"];
        put?: never;
        /**
         * Save a view
         * @description Its name must be unique among the views of the list.
         */
        post: operations["createView"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/views/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a view
         * @description Deletes no rows.
         */
        delete: operations["deleteView"];
        options?: never;
        head?: never;
        /**
         * Rename a view, or replace its filter
         * @description Omitted fields stay unchanged.
         */
        patch: operations["changeView"];
        trace?: never;
    };
    "/api/v1/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the failures
         * @description Deliveries without attempts left, until somebody retries or deletes them. A page ends after a second, so a search may have fewer rows than `limit`; `searched_until` then says how far it got, and `next` continues.
         */
        get: operations["listFailures"];
        put?: never;
        post?: never;
        /**
         * Delete failures
         * @description The history of the deliveries stays. For a minute, the deletion can be undone.
         */
        delete: operations["deleteFailures"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/failures/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count the failures
         * @description The number of failures that were not retried or deleted, and how many of them belong to muted groups.
         */
        get: operations["countFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/failures/deletions/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo a deletion of failures
         * @description Returns the failures to the list, except those whose deliveries were retried meanwhile. Also takes the id of a job of the kind `delete_failures`, and stops it. Answers 409 a minute after the deletion has ended.
         */
        post: operations["undoDeletedFailures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/failures/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry failures now
         * @description Removes them from the list, and starts a new round of attempts with the same ids and bytes. Without a filter, retries all failures.
         */
        post: operations["retryFailures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/failures/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the causes of failures
         * @description Failures of one endpoint with the same error class, status and message form a group. The largest 500 groups, the largest first.
         */
        get: operations["listFailureGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/failures/groups/{id}/mute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mute a cause of failures
         * @description Its failures stay on the list and can be retried. `countFailures` counts them as muted.
         */
        post: operations["muteFailureGroup"];
        /**
         * Unmute a cause of failures
         * @description Its failures count again.
         */
        delete: operations["unmuteFailureGroup"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read metrics over time
         * @description Counts of attempts and deliveries, success rates and percentiles. An attempt counts in the minute in which it was sent, a few seconds after it ended; each counts exactly once. Pings are not counted.
         */
        get: operations["readStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the health of the endpoints
         * @description All endpoints, by age.
         */
        get: operations["listEndpointHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/endpoints/{id}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the health of an endpoint
         * @description Its state, the reason, and a recommended action.
         */
        get: operations["readEndpointHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the replays, newest first
         * @description Running and ended replays.
         */
        get: operations["listReplays"];
        put?: never;
        /**
         * Resend the events of a time range
         * @description Runs in the background and survives restarts. Each event keeps its `webhook-id`, and its bytes if it was sent before. Ordered endpoints receive the events in order. An endpoint has one running replay at most. With `dry_run`, responds with 200 and the numbers of deliveries.
         */
        post: operations["createReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the progress of a replay
         * @description Includes the numbers of deliveries made due so far.
         */
        get: operations["readReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replays/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a replay
         * @description Deliveries that are already due stay due.
         */
        post: operations["cancelReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the jobs, newest first
         * @description Running and ended jobs. Exports are deleted after a week, other jobs with the history.
         */
        get: operations["listJobs"];
        put?: never;
        /**
         * Start a job on selected rows
         * @description Applies once to each row that matches when the job is created. Runs in the background and survives restarts. With `dry_run`, responds with 200 and the number of rows.
         */
        post: operations["createJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the progress of a job
         * @description `done`, `skipped` and `failed` add up to `total` at the end.
         */
        get: operations["readJob"];
        put?: never;
        post?: never;
        /**
         * Delete an ended job
         * @description With the file of an export.
         */
        delete: operations["deleteJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a job
         * @description It ends after at most 500 more rows. Processed rows stay as they are.
         */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download an export
         * @description Streamed, the newest row first. In CSV, an apostrophe precedes texts that a spreadsheet would execute as a formula.
         */
        get: operations["readJobResult"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List alerts, newest first
         * @description Open and past ones. Past alerts are kept as long as the history.
         */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an alert
         * @description Open or past.
         */
        get: operations["readAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/mute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mute an open alert
         * @description Without `until`: until it closes. With it, the alert notifies again at that time if it is still open.
         */
        post: operations["muteAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/unmute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the mute of an open alert
         * @description The admins are notified when it closes.
         */
        post: operations["unmuteAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the alert rules
         * @description Those of all endpoints first. A new provider has one of each kind.
         */
        get: operations["listAlertRules"];
        put?: never;
        /**
         * Create an alert rule
         * @description There is one rule for each kind and endpoint, and one for each kind and all endpoints.
         */
        post: operations["createAlertRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alert-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an alert rule
         * @description With its thresholds and durations.
         */
        get: operations["readAlertRule"];
        put?: never;
        post?: never;
        /**
         * Delete an alert rule
         * @description Its open alerts close without a message at the next evaluation.
         */
        delete: operations["deleteAlertRule"];
        options?: never;
        head?: never;
        /**
         * Change an alert rule
         * @description Omitted settings stay. Open alerts follow the new settings at the next evaluation, within a minute.
         */
        patch: operations["changeAlertRule"];
        trace?: never;
    };
    "/api/v1/bins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the bins
         * @description By age, a page at a time.
         */
        get: operations["listBins"];
        put?: never;
        /**
         * Create a bin
         * @description A receiver for tests: its URL accepts any request, and its view shows the received requests.
         */
        post: operations["createBin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a bin
         * @description With its responses and the number of received requests.
         */
        get: operations["readBin"];
        put?: never;
        post?: never;
        /**
         * Delete a bin with its requests
         * @description Its URL no longer accepts requests.
         */
        delete: operations["deleteBin"];
        options?: never;
        head?: never;
        /**
         * Change a bin
         * @description Renames it, scripts its responses to test the reaction of a sender, or forwards its requests. Omitted settings stay.
         */
        patch: operations["changeBin"];
        trace?: never;
    };
    "/api/v1/bins/{id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the share links of a bin
         * @description Those that have not expired, newest first. Their URLs are not stored.
         */
        get: operations["listBinShares"];
        put?: never;
        /**
         * Create a share link of a bin
         * @description A link that shows the requests, with secrets masked, until it expires. It can change nothing.
         */
        post: operations["createBinShare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/shares/{share_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a share link
         * @description It shows nothing from now on. Open pages close within seconds.
         */
        delete: operations["revokeBinShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the requests of a bin, newest first
         * @description Each as received, with a signature check. Secrets are masked for callers who may not change webhooks. A page holds 1 MiB at most, so it may be shorter than `limit` and have a `next` all the same. A bin keeps the newest 500 requests, and 16 MiB of them.
         */
        get: operations["listBinRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/requests/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a request of a bin
         * @description As received, with a signature check, the bin's response and the last time it was forwarded. Secrets are masked for callers who may not change webhooks.
         */
        get: operations["readBinRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/requests/{number}/body": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the body of a request
         * @description Its bytes, regardless of their `Content-Type`. Only for callers who may change webhooks, as they are not masked.
         */
        get: operations["readBinRequestBody"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two requests of a bin
         * @description Line by line: the request line and headers, and the bodies with indentation. Secrets are masked for callers who may not change webhooks.
         */
        get: operations["compareBinRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/bins/{id}/requests/{number}/forward": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forward a request of a bin now
         * @description Sends it once, through the guard and the name resolver of deliveries, and returns the result. Redirects are not followed. Waits up to 15 s for the response.
         */
        post: operations["forwardBinRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend an account
         * @description Ends the sessions of its users. Nobody can sign in until it is resumed.
         */
        post: operations["suspendAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a suspended account
         * @description Approves it again.
         */
        post: operations["resumeAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/matching": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the ids and names of all accounts that match, oldest first
         * @description For a bulk operation on all of them, in requests with these ids and the same filter. At most 20000.
         */
        get: operations["listMatchingAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply an operation to up to 200 accounts
         * @description Processes them one after another, each in its own transaction. A failure of one does not stop the others, and the response has the result of each. If the caller loses the permission meanwhile, the rest is refused. Safe to repeat after a lost response: what has the state, the plan or the message already is not changed again. Members may make accounts pending, change their plans and send messages; other operations need an admin.
         */
        post: operations["changeManyAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the invitations of an account, oldest first
         * @description Includes accepted invitations.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite a person to an account
         * @description Sends a mail with a link. There, the person chooses a username and a password, and becomes a member. The link expires after two weeks.
         */
        post: operations["inviteUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/invitations/{invitation_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an invitation again
         * @description The mail has a new link, valid for two weeks. The previous link stops working.
         */
        post: operations["resendInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an invitation
         * @description Its link stops working. A person who has already joined stays.
         */
        delete: operations["deleteInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/send_activation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a pending user the activation mail again
         * @description The mail has a new link, valid for two weeks. The previous link stops working.
         */
        post: operations["sendActivation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plan_requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the requests for application plans, oldest first
         * @description The first 200 open requests, or those of some applications. To grant one, change the application's plan.
         */
        get: operations["listPlanRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/plan_request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Decline the requested plan of an application
         * @description The application keeps its plan.
         */
        delete: operations["declinePlanRequest"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account_plan_requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the requests for account plans, oldest first
         * @description The first 200 open requests, or those of some accounts. To grant one, change the account's plan.
         */
        get: operations["listAccountPlanRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pending_subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the subscriptions that wait for approval or another plan, oldest first
         * @description The first 200 of all accounts or of one. The Account Management API approves and deletes them, and changes their plans. Members need the sections of accounts and of plans.
         */
        get: operations["listPendingSubscriptions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/service_subscriptions/{subscription_id}/plan_request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Decline the requested plan of a subscription
         * @description The subscription keeps its plan.
         */
        delete: operations["declineSubscriptionPlanRequest"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plan_features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the features that plans have
         * @description Of a product's application plans and service plans, or of account plans. The Account Management API enables and disables them for each plan. Plans that the caller may not read are left out, and so are custom plans.
         */
        get: operations["listPlanFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api_specifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API specifications, without their bodies
         * @description The Account Management API returns them with their bodies, and changes them (ActiveDocs).
         */
        get: operations["listApiSpecifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/plan_request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Decline the requested plan of an account
         * @description The account keeps its plan.
         */
        delete: operations["declineAccountPlanRequest"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject a pending application
         * @description Deletes it, and mails the reason to the admins of its account.
         */
        post: operations["rejectApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/regenerate_user_key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give an application a new user key
         * @description The old key stops working immediately.
         */
        post: operations["regenerateUserKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/regenerate_key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace a key with a new one
         * @description Replaces an application key or a client secret. The old key stops working immediately.
         */
        post: operations["regenerateApplicationKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/matching": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the ids and names of all applications that match, oldest first
         * @description For a bulk operation on all of them, in requests with these ids and the same filter. At most 20000.
         */
        get: operations["listMatchingApplications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply an operation to up to 200 applications
         * @description Processes them one after another, each in its own transaction. A failure of one does not stop the others, and the response has the result of each. If the caller loses the permission meanwhile, the rest is refused. Safe to repeat after a lost response: what has the state, the plan or the message already is not changed again. Rejecting deletes an application and notifies the admins of its account.
         */
        post: operations["changeManyApplications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/authentication_providers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an authentication provider
         * @description Of either portal. Nobody can sign in with it any more, and the sessions of its users end, except your own. The users stay, and can choose a password by email.
         */
        delete: operations["deleteAuthenticationProvider"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the history of an account
         * @description The events of the object, newest first: who changed which fields through which interface, and which endpoints were notified. Also for deleted objects, as long as retention keeps their events. A page of large changes may be shorter than `limit` and have a `next` all the same.
         */
        get: operations["listAccountHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/history/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an entry of the history of an account
         * @description One event with all changed fields, and the object before and after it.
         */
        get: operations["readAccountHistoryEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an account as it was at a time
         * @description From its last event until then, with its users at that time.
         */
        get: operations["readAccountVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the history of a user
         * @description The events of the object, newest first: who changed which fields through which interface, and which endpoints were notified. Also for deleted objects, as long as retention keeps their events. A page of large changes may be shorter than `limit` and have a `next` all the same.
         */
        get: operations["listUserHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/history/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an entry of the history of a user
         * @description One event with all changed fields, and the object before and after it.
         */
        get: operations["readUserHistoryEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a user as it was at a time
         * @description From its last event until then.
         */
        get: operations["readUserVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the history of an application
         * @description The events of the object, newest first: who changed which fields through which interface, and which endpoints were notified. Also for deleted objects, as long as retention keeps their events. A page of large changes may be shorter than `limit` and have a `next` all the same.
         */
        get: operations["listApplicationHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/history/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an entry of the history of an application
         * @description One event with all changed fields, and the object before and after it.
         */
        get: operations["readApplicationHistoryEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/applications/{id}/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an application as it was at a time
         * @description From its last event until then.
         */
        get: operations["readApplicationVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the limits
         * @description The maximum numbers and those that the provider has. The operator can change the limits.
         */
        get: operations["listLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the notices about the installation
         * @description The same for all providers of a cell, and for the warnings of `/readyz`.
         */
        get: operations["listNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the messages from accounts or to accounts
         * @description Unread messages from accounts are first, then the newest. The Account Management API sends messages.
         */
        get: operations["listMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the messages from and to an account, newest first
         * @description Without those that you have deleted.
         */
        get: operations["listAccountMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a message with its text
         * @description Does not mark it as read.
         */
        get: operations["readMessage"];
        put?: never;
        post?: never;
        /**
         * Delete a message
         * @description The account keeps it until its own users delete it.
         */
        delete: operations["deleteMessage"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a message from an account as read
         * @description For all of your users. Has no effect on other messages.
         */
        post: operations["markMessageRead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the mails, newest first
         * @description With their texts and states. A search for words ends after a second, and `next` continues it. For admins only, because links in mails give access to accounts.
         */
        get: operations["listMails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit_records": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List audit records, newest first
         * @description Changes of endpoints, settings, plans, fields, team members and tokens, and manual actions on deliveries, each with its actor. Changes that cause an event are in the list of events. Actions of developers are not audited, even without an event: the event names the user, and another service plan, for example, is mailed. A search for words ends after a second, and `next` continues it. For admins only.
         */
        get: operations["listAuditRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit_records/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download audit records as CSV or NDJSON
         * @description Streamed, the oldest first, with the filters of the list. The download is audited too.
         */
        get: operations["exportAuditRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the own sessions
         * @description The one that sends the request first, then the last used one. For users who are signed in to the Admin Portal, not for access tokens and the provider key.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of the own sessions
         * @description Its browser is signed out at once. For users who are signed in to the Admin Portal, not for access tokens and the provider key.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/end_others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End all other sessions
         * @description All other browsers of the user are signed out at once. For users who are signed in to the Admin Portal, not for access tokens and the provider key.
         */
        post: operations["endOtherSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the erasures, newest first
         * @description Running and ended ones. They are kept with the provider.
         */
        get: operations["listErasures"];
        put?: never;
        /**
         * Erase the personal data of an account or a user
         * @description Deletes the account or the user first, if it exists. Then removes its data from events, stored bodies, responses of receivers, mails, messages, audit records, exports and request bins. Ids, event types, times, sequence numbers and states stay. It cannot be undone.
         */
        post: operations["createErasure"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the progress of an erasure
         * @description `finished_at` is the time from which no table contains the data.
         */
        get: operations["readErasure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the data about an account
         * @description Streamed: the current record, its history with the states of deliveries, mails without their texts, messages, sessions, log-ins at identity providers and audit records. Credentials are left out. For admins only, and audited.
         */
        get: operations["exportAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the data about a user
         * @description Streamed: the current record, its history with the states of deliveries, mails without their texts, messages, sessions, log-ins at identity providers and audit records. Credentials are left out. For admins only, and audited.
         */
        get: operations["exportUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow events and deliveries, as server-sent events
         * @description `event`: a recorded Event. `attempt`: an Attempt, with `delivery_id`, `event_id` and `endpoint_id`. `delivery`: the current state of a Delivery. `endpoint`: the current state of an Endpoint, its URL masked. `endpoint_deleted`: the `id` of a deleted endpoint, whose pending deliveries are cancelled. The data is JSON. Nothing is skipped: after an interruption, send `Last-Event-ID`, as browsers do. At the beginning of each connection, some messages may be repeated. Missed changes of endpoints are not sent: read the endpoints after each connection. An id that is not one of this stream is refused. The last event is `end` with a `reason`: `access-ended` (the session, the token or the permission ended, or the provider is suspended) or `reconnect`. Clients that do not read are disconnected.
         */
        get: operations["openStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccountPlanRequest
         * @description A request for another account plan, for providers that approve plan changes.
         */
        AccountPlanRequest: {
            /** Format: int64 */
            account_id: number;
            org_name: string;
            /**
             * Format: int64
             * @description The requested plan.
             */
            plan_id: number;
            plan_name: string;
            asked_by: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /** AccountSelection */
        AccountSelection: {
            /** @description Processed in this order. */
            ids: number[];
            /** @enum {unknown} */
            operation: "approve" | "make_pending" | "reject" | "suspend" | "resume" | "change_plan" | "send_message" | "delete";
            /**
             * Format: int64
             * @description The id of the new plan, with `change_plan`.
             */
            plan_id?: number;
            /** @description The message to the account, with `send_message`. The admins of the account also get it by email. */
            message?: {
                /** @description Chosen by you for this message, for example a UUID. No account gets two messages with the same key, so a request can be repeated, and an account with several applications gets one message. */
                key: string;
                /** @description One line. */
                subject: string;
                /** @description Plain text. */
                body: string;
            };
            /** @description What does not match this at its turn is not changed: its result has the code `no-longer-matching`. */
            filter?: {
                /**
                 * @description Accounts in this state.
                 * @enum {unknown}
                 */
                state?: "created" | "pending" | "approved" | "rejected" | "suspended" | "scheduled_for_deletion";
                /** @description A part of the organization's name, or of a user's name or email address, in any case. */
                query?: string;
            };
        };
        /** Actor */
        Actor: {
            /** @enum {unknown} */
            kind: "developer" | "admin" | "token" | "key" | "system";
            user_id: number | null;
            name: string | null;
        };
        /**
         * Alert
         * @description A problem of an endpoint, detected by a rule.
         */
        Alert: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            kind: components["schemas"]["AlertKind"];
            /**
             * @description `clearing`: the endpoint has recovered, but not for long enough.
             * @enum {unknown}
             */
            state: "open" | "clearing" | "closed";
            value: number | null;
            threshold: number | null;
            /** @description Describes the problem. */
            sentence: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            opened_at: string;
            closed_at: string | null;
            /** @description If true, the alert sends no mail and no event, and shows no banner. */
            muted: boolean;
            muted_until: string | null;
            muted_by: string | null;
        };
        /**
         * AlertKind
         * @description `success_rate`: share of successful attempts in the last 15 minutes is below the threshold, from 0 to 1. `latency_p95`: 95th percentile of the latency in the last 15 minutes is above the threshold, in milliseconds. `oldest_waiting`: the oldest delivery waits for longer than the threshold, in seconds. `certificate`: the receiver's certificate expires within the threshold, in days. `disabled`: Bellwire disabled the endpoint. `exhausted`: deliveries fail with their last attempt.
         * @enum {unknown}
         */
        AlertKind: "success_rate" | "latency_p95" | "oldest_waiting" | "certificate" | "disabled" | "exhausted";
        /**
         * AlertRule
         * @description When alerts of one kind open and close.
         */
        AlertRule: {
            /** Format: int64 */
            id: number;
            endpoint_id: number | null;
            kind: components["schemas"]["AlertKind"];
            threshold: number | null;
            clear_threshold: number | null;
            /** @description How long the problem must last before the alert opens. */
            for_seconds: number;
            /** @description How long the recovery must last before the alert closes. */
            clear_for_seconds: number;
            /** @description Success rate and latency of fewer attempts are ignored. */
            min_attempts: number;
            /** @description If false, the rule opens no alerts. A disabled rule of an endpoint also replaces the general rule there. */
            is_enabled: boolean;
            /** @description Whether the admins get a mail when an alert opens or closes. */
            by_mail: boolean;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            updated_at: string;
        };
        /**
         * ApiSpecification
         * @description An API specification without its body.
         */
        ApiSpecification: {
            /** Format: int64 */
            id: number;
            product_id: number | null;
            system_name: string;
            name: string;
            description: string | null;
            published: boolean;
            /** @description The version of its format: 3.0 for OpenAPI 3.0, 2.0 for Swagger 2.0. */
            version: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            updated_at: string;
        };
        /** ApplicationSelection */
        ApplicationSelection: {
            /** @description Processed in this order. */
            ids: number[];
            /** @enum {unknown} */
            operation: "accept" | "reject" | "suspend" | "resume" | "change_plan" | "send_message" | "delete";
            /**
             * Format: int64
             * @description The id of the new plan, with `change_plan`.
             */
            plan_id?: number;
            /** @description The message to the account, with `send_message`. The admins of the account also get it by email. */
            message?: {
                /** @description Chosen by you for this message, for example a UUID. No account gets two messages with the same key, so a request can be repeated, and an account with several applications gets one message. */
                key: string;
                /** @description One line. */
                subject: string;
                /** @description Plain text. */
                body: string;
            };
            /** @description What does not match this at its turn is not changed: its result has the code `no-longer-matching`. */
            filter?: {
                /**
                 * @description Applications in this state.
                 * @enum {unknown}
                 */
                state?: "pending" | "live" | "suspended";
                /**
                 * Format: int64
                 * @description The id of a product.
                 */
                service_id?: number;
                /**
                 * Format: int64
                 * @description The id of a plan.
                 */
                plan_id?: number;
                /** @description A part of the application's name, in any case. */
                name?: string;
                /** @description A part of the account's name, in any case. */
                account_query?: string;
                /** @description The application's user key. */
                user_key?: string;
            };
        };
        /**
         * Attempt
         * @description One HTTP request of a delivery. Attempts of versions before 0.1.0 have no phases, no connection and no request.
         */
        Attempt: {
            /**
             * Format: int64
             * @description Counts from 1.
             */
            number: number;
            /**
             * Format: date-time
             * @description When it was sent.
             */
            at: string;
            status: number | null;
            error: string | null;
            /**
             * Format: int64
             * @description The sum of the phases, in whole milliseconds.
             */
            latency_ms: number;
            phases: components["schemas"]["AttemptPhases"] | null;
            connection: ("none" | "new" | "reused" | "internal" | "replaced") | null;
            address: string | null;
            tls: components["schemas"]["AttemptTls"] | null;
            response_bytes: number | null;
            request: components["schemas"]["SentRequest"] | null;
            response_headers: {
                [key: string]: string;
            } | null;
            response_body: string | null;
        };
        /**
         * AttemptPhases
         * @description Milliseconds with three decimals. They add up to the latency. Null: the phase did not begin; an attempt without a response ended in its last phase.
         */
        AttemptPhases: {
            queued: number | null;
            dns: number | null;
            connect: number | null;
            tls: number | null;
            first_byte: number | null;
            body: number | null;
        };
        /** AttemptSummary */
        AttemptSummary: {
            /**
             * Format: date-time
             * @description When it was sent.
             */
            at: string;
            status: number | null;
            error: string | null;
            /**
             * Format: int64
             * @description The sum of the phases, in whole milliseconds.
             */
            latency_ms: number;
        };
        /**
         * AttemptTls
         * @description TLS of the connection. Null for http.
         */
        AttemptTls: {
            version: string;
            certificate_expires_at: string | null;
        };
        /**
         * AuditActor
         * @description For a token, its owner.
         */
        AuditActor: {
            /** @enum {unknown} */
            kind: "admin" | "token" | "key" | "system";
            user_id: number | null;
            username: string | null;
        };
        /**
         * AuditRecord
         * @description An action on the provider's side.
         */
        AuditRecord: {
            /** Format: int64 */
            id: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            at: string;
            actor: components["schemas"]["AuditActor"];
            /** @description The action, such as `endpoint.changed`. */
            action: string;
            /** @description The object of the action, such as `endpoint/3`. */
            subject: string;
            /** @description Further details, such as the changed settings. Never contains secrets. */
            detail: {
                [key: string]: unknown;
            };
        };
        /**
         * Bin
         * @description A receiver for tests.
         */
        Bin: {
            id: string;
            /** @description Accepts any request, also at paths below it (`/orders/7`). Grants no access to the requests. */
            url: string;
            /** @description A secret: shows the requests to anyone who has it, and allows changing the responses. Credentials, query values and headers that may hold secrets are masked, except for admins who are signed in to the Admin Portal. Callers who may not change the bin get it without the secret. */
            view_url: string;
            /** @description One line, shown in lists and on the bin's page. May be empty. */
            name: string;
            /** @description The status of the default response. */
            answer_status: number;
            /** @description The wait before the default response. */
            answer_delay_ms: number;
            /** @description The first matching rule determines the response. If none matches, the response is `answer_status` after `answer_delay_ms`. Setting the rules restarts their sequences. */
            answer_rules: components["schemas"]["BinAnswerRule"][];
            forward_url: string | null;
            /**
             * Format: int64
             * @description The number of requests received. The newest are stored.
             */
            requests_caught: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /**
         * BinAnswerRule
         * @description All given conditions must match.
         */
        BinAnswerRule: {
            /** @description Shown beside each request that the rule answered. Default: `Rule` and its position. */
            name?: string;
            /** @description Matches requests with this method. */
            method?: string;
            /** @description Matches the beginning of the path below the bin's URL, such as `/orders` of `/bins/{id}/orders/7`. */
            path_starts_with?: string;
            /** @description Matches this event type. `account.*` matches all that begin with `account.`. */
            event_type?: string;
            /** @description Matches requests with this header. */
            header?: {
                /** @description The name of a header, in any case. */
                name: string;
                /** @description Text that its value contains, in any case. Default: any value. */
                contains?: string;
            };
            /** @description Matches bodies that contain this text exactly. */
            body_contains?: string;
            /** @description Applies to every nth request that matches the other conditions: 3 skips two of three. Default: 1. */
            every?: number;
            /** @description Responses in turn, one for each request. */
            answers: {
                /** @description The status of the response. */
                status: number;
                /** @description The wait before the response. Default: 0. */
                delay_ms?: number;
                /** @description `content-type`, `retry-after` and names that begin with `x-`, such as `x-request-id`. */
                headers?: {
                    [key: string]: string;
                };
                /** @description The body of the response. */
                body?: string;
            }[];
            /**
             * @description After the last response: start again (`repeat`, the default), repeat the last one (`stay`), or leave requests to the next rule (`skip`).
             * @enum {unknown}
             */
            after_last?: "repeat" | "stay" | "skip";
        };
        /** BinChange */
        BinChange: {
            /** @description One line, shown in lists and on the bin's page. May be empty. */
            name?: string;
            /** @description The status of the default response. */
            answer_status?: number;
            /** @description The wait before the default response. */
            answer_delay_ms?: number;
            /** @description The first matching rule determines the response. If none matches, the response is `answer_status` after `answer_delay_ms`. Setting the rules restarts their sequences. */
            answer_rules?: components["schemas"]["BinAnswerRule"][];
            forward_url?: string | null;
        };
        /**
         * BinForward
         * @description The last time the request was forwarded.
         */
        BinForward: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            at: string;
            /** @description Query values are masked. */
            url: string;
            status: number | null;
            error: string | null;
            /** Format: int64 */
            latency_ms: number;
            /** @description The first 4 KiB of the response. Empty if the request is masked. */
            body: string;
        };
        /** BinForwardRequest */
        BinForwardRequest: {
            /** @description Default: the bin's `forward_url`. */
            url?: string;
        };
        /**
         * BinRequest
         * @description A received request.
         */
        BinRequest: {
            /**
             * Format: int64
             * @description Counted from 1 in the order of arrival.
             */
            number: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            received_at: string;
            method: string;
            path: string;
            query: string;
            /** @description As received. */
            headers: [
                string,
                string
            ][];
            /** @description True for callers who may not change webhooks, such as read-only tokens: credentials, query values, and headers that may hold secrets are masked. `body` is indented then, and empty if it cannot be masked. */
            masked: boolean;
            /** @description The first 64 KiB of it. `readBinRequestBody` returns all of it. */
            body: string;
            /**
             * @description `base64` when the body is not text.
             * @enum {unknown}
             */
            body_encoding: "utf-8" | "base64";
            /**
             * Format: int64
             * @description The length of the whole body.
             */
            body_bytes: number;
            /** @description True if `body` is truncated. */
            body_truncated: boolean;
            signature: ("valid" | "invalid" | "missing") | null;
            signature_check: components["schemas"]["BinSignatureCheck"];
            answer: components["schemas"]["BinRequestAnswer"] | null;
            forward: components["schemas"]["BinForward"] | null;
            /** @description It waits to be forwarded, or is being forwarded. */
            forwarding: boolean;
        };
        /**
         * BinRequestAnswer
         * @description The bin's response.
         */
        BinRequestAnswer: {
            /** Format: int64 */
            status: number;
            /** Format: int64 */
            delay_ms: number;
            rule: string | null;
        };
        /** BinRequestDiff */
        BinRequestDiff: {
            /** @description Request line and headers, sorted by name. */
            head: {
                /** @enum {unknown} */
                change: "same" | "removed" | "added";
                text: string;
            }[];
            body: {
                /** @enum {unknown} */
                change: "same" | "removed" | "added";
                text: string;
            }[] | null;
            /** @description Whether these parts are byte-identical. */
            same_body: boolean;
            /** @description The bodies differ so much that the first 500 lines of each are listed, as removed and added. */
            too_different: boolean;
        };
        /**
         * BinShare
         * @description A link that shows a bin's requests until it expires.
         */
        BinShare: {
            /**
             * Format: int64
             * @description The id of the link.
             */
            id: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            expires_at: string;
        };
        /** BinShareRequest */
        BinShareRequest: {
            /**
             * @description The time until it expires.
             * @default 24
             */
            hours: number;
        };
        /** BinSignatureCheck */
        BinSignatureCheck: {
            verdict: ("valid" | "invalid" | "missing") | null;
            reason: ("headers-missing" | "no-endpoint" | "too-many-secrets" | "signature-unreadable" | "timestamp-unreadable" | "timestamp-too-old" | "timestamp-in-future" | "secret-expired" | "secret-not-decoded" | "signature-as-hex" | "content-incomplete" | "body-altered" | "timestamp-altered" | "id-altered" | "mismatch") | null;
            /** @description An explanation for developers. */
            sentence: string;
            endpoint_id: number | null;
        };
        /**
         * BulkOutcome
         * @description The result for one object: done, or the error.
         */
        BulkOutcome: {
            /** Format: int64 */
            id: number;
            done: boolean;
            /** @description It had the state, the plan or the message already, for example because of an earlier request whose response was lost. */
            unchanged?: boolean;
            /** @description The code of the error, as in a Problem. */
            code?: string;
            /** @description Describes the error. */
            title?: string;
            /** @description What is wrong, by field. Only with the code `invalid`. */
            errors?: {
                [key: string]: string[];
            };
        };
        /**
         * DeletedFailures
         * @description The number of deleted failures, and how to undo the deletion.
         */
        DeletedFailures: {
            /** Format: int64 */
            deleted: number;
            /**
             * Format: int64
             * @description For `undoDeletedFailures`.
             */
            deletion_id: number;
            /**
             * Format: date-time
             * @description The end of the time to undo the deletion.
             */
            undo_until: string;
        };
        /**
         * Delivery
         * @description One event for one endpoint.
         */
        Delivery: {
            /** @description The event's id, a dot, and the endpoint's id. */
            id: string;
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            event_id: string;
            event_type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            state: components["schemas"]["DeliveryState"];
            /** Format: int64 */
            attempts_made: number;
            /**
             * Format: int64
             * @description How often it was resent manually.
             */
            replay: number;
            next_attempt_at: string | null;
            ended_at: string | null;
            last_attempt: components["schemas"]["AttemptSummary"] | null;
        };
        /**
         * DeliveryDetails
         * @description One event for one endpoint, with all requests and responses.
         */
        DeliveryDetails: {
            /** @description The event's id, a dot, and the endpoint's id. */
            id: string;
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            event_id: string;
            event_type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            state: components["schemas"]["DeliveryState"];
            /** Format: int64 */
            attempts_made: number;
            /**
             * Format: int64
             * @description How often it was resent manually.
             */
            replay: number;
            next_attempt_at: string | null;
            ended_at: string | null;
            last_attempt: components["schemas"]["AttemptSummary"] | null;
            content_type: string | null;
            body: string | null;
            attempts: components["schemas"]["Attempt"][];
            waits_for: string | null;
            /**
             * Format: int64
             * @description The number of deliveries that wait for this one, up to 1000. They are sent after it ends or is skipped.
             */
            holds_up: number;
        };
        /**
         * DeliveryState
         * @enum {unknown}
         */
        DeliveryState: "pending" | "delivered" | "failed" | "cancelled";
        /**
         * Endpoint
         * @description A destination URL with its event types and delivery settings.
         */
        Endpoint: {
            /** Format: int64 */
            id: number;
            /** @description Unique. The endpoint named `default` is the webhook of 3scale's page and API. */
            name: string;
            /** @description The values of its query, its user information and its fragment are masked, and the path of a chat program's: `readEndpointUrl` returns them. Writing the masked URL back changes nothing. */
            url: string;
            /** @description The same as `url`. */
            url_masked: string;
            description: string | null;
            /** @description If false, new events create no delivery, and pending deliveries are held. */
            active: boolean;
            event_types: string[];
            /** @description Also send changes made in the Admin Portal and by access tokens. */
            provider_actions: boolean;
            /** @description Also send changes without an acting user: activation by email, the provider key, background work. */
            all_actors: boolean;
            /**
             * @description `3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. `cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are headers, `ce-id` and so on, and whose body is its data. `chat`, `chat-discord` and `chat-teams`: a message about an alert for the incoming webhook of a chat program, `{text}` for Slack, Mattermost and Google Chat, `{content}` for Discord, and an Adaptive Card for a workflow of Microsoft Teams; events about endpoints only, and no change to or from another format.
             * @enum {unknown}
             */
            format: "3scale" | "json" | "cloudevents" | "cloudevents-binary" | "chat" | "chat-discord" | "chat-teams";
            /** @description Sent with every request, for example an Authorization header that the receiver requires. */
            headers: {
                [key: string]: string;
            };
            /** @description The wait after each failed attempt. After the last one, the delivery has failed. */
            retry_waits_seconds: number[];
            /**
             * @description The status codes that count as delivered.
             * @enum {unknown}
             */
            success: "200" | "200-207" | "2xx";
            /** @description The maximum duration of an attempt. */
            timeout_seconds: number;
            max_in_flight: number | null;
            max_per_second: number | null;
            /**
             * @description `account`: deliveries about one account are sent one at a time. `object`: those about one object are.
             * @enum {unknown}
             */
            ordering: "none" | "object" | "account";
            /** @description Include keys and secrets in formats other than `3scale`. */
            include_credentials: boolean;
            /**
             * @description `paused` (by you), `disabled` (by Bellwire) and `undecryptable` (no configured key decrypts its URL, headers or secret): events are recorded and held; `disabled_reason` says why.
             * @enum {unknown}
             */
            state: "enabled" | "paused" | "disabled" | "undecryptable";
            disabled_reason: string | null;
            held_until: string | null;
            /** @description The database was restored. Nothing is sent until the operator resumes deliveries. */
            held_after_restore: boolean;
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            updated_at: string;
        };
        /** EndpointChange */
        EndpointChange: {
            /** @description Unique. The endpoint named `default` is the webhook of 3scale's page and API. */
            name?: string;
            /** @description An absolute http or https URL. The query is sent unchanged. */
            url?: string;
            description?: string | null;
            /** @description If false, new events create no delivery, and pending deliveries are held. */
            active?: boolean;
            event_types?: ("account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted" | "*")[];
            /** @description Also send changes made in the Admin Portal and by access tokens. */
            provider_actions?: boolean;
            /** @description Also send changes without an acting user: activation by email, the provider key, background work. */
            all_actors?: boolean;
            /**
             * @description `3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. `cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are headers, `ce-id` and so on, and whose body is its data. `chat`, `chat-discord` and `chat-teams`: a message about an alert for the incoming webhook of a chat program, `{text}` for Slack, Mattermost and Google Chat, `{content}` for Discord, and an Adaptive Card for a workflow of Microsoft Teams; events about endpoints only, and no change to or from another format.
             * @enum {unknown}
             */
            format?: "3scale" | "json" | "cloudevents" | "cloudevents-binary" | "chat" | "chat-discord" | "chat-teams";
            /** @description Sent with every request, for example an Authorization header that the receiver requires. */
            headers?: {
                [key: string]: string;
            };
            /** @description The wait after each failed attempt. After the last one, the delivery has failed. */
            retry_waits_seconds?: number[];
            /**
             * @description The status codes that count as delivered.
             * @enum {unknown}
             */
            success?: "200" | "200-207" | "2xx";
            /** @description The maximum duration of an attempt. */
            timeout_seconds?: number;
            max_in_flight?: number | null;
            max_per_second?: number | null;
            /**
             * @description `account`: deliveries about one account are sent one at a time. `object`: those about one object are.
             * @enum {unknown}
             */
            ordering?: "none" | "object" | "account";
            /** @description Include keys and secrets in formats other than `3scale`. */
            include_credentials?: boolean;
            /**
             * @description `enabled` also re-enables a disabled endpoint.
             * @enum {unknown}
             */
            state?: "enabled" | "paused";
        };
        /**
         * EndpointHealth
         * @description The state of an endpoint's deliveries, with its reasons.
         */
        EndpointHealth: {
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            /**
             * @description The first that applies. `disabled`: by Bellwire, or undecryptable. `paused`: by you, or switched off. `unreachable`: 3 attempts in a row had no response. `failing`: fewer than 50 % of the attempts succeed. `degraded`: fewer than 95 % succeed, the 95th percentile of the latency exceeds 5 s, a delivery is 60 s late, or one waits 5 minutes behind another of its order. `idle`: nothing sent in the last hour, and nothing waits. Judged by the last 10 minutes if they have 3 attempts, else by the last hour.
             * @enum {unknown}
             */
            state: "healthy" | "degraded" | "failing" | "unreachable" | "paused" | "disabled" | "idle";
            /**
             * Format: date-time
             * @description When the state began, to five minutes; further back to the hour, and at most a day.
             */
            since: string;
            /**
             * Format: int64
             * @description In the last hour, as all figures without another span.
             */
            attempts: number;
            success_rate: number | null;
            latency_p50: number | null;
            latency_p95: number | null;
            latency_p99: number | null;
            /**
             * Format: int64
             * @description Deliveries that have not ended, those in flight included. 10,000 means that or more.
             */
            waiting: number;
            oldest_waiting_seconds: number | null;
            /**
             * Format: int64
             * @description Open requests, as of a second ago.
             */
            in_flight: number;
            window: number | null;
            /**
             * @description Open: single probes until the receiver responds.
             * @enum {unknown}
             */
            breaker: "closed" | "open";
            hold: ("disabled" | "paused" | "switched_off" | "restored" | "retry_after" | "breaker" | "rate_limit" | "concurrency") | null;
            hold_until: string | null;
            /** @description The state in a sentence. */
            sentence: string;
            /** @description What to do. */
            advice: string;
            /** @description The last hour in points of five minutes. */
            sparkline: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC, with milliseconds.
                 */
                at: string;
                /** Format: int64 */
                delivered: number;
                /**
                 * Format: int64
                 * @description Attempts that did not deliver.
                 */
                failed: number;
            }[];
        };
        /**
         * EndpointSecret
         * @description The new signing secret.
         */
        EndpointSecret: {
            /** @description `whsec_` and the key in base64, as Standard Webhooks writes it. */
            secret: string;
        };
        /**
         * EndpointUrl
         * @description The destination URL.
         */
        EndpointUrl: {
            /** @description As configured, with its secrets. */
            url: string;
        };
        /**
         * Erasure
         * @description Removal of personal data. Ends within 1 hour, with `send` after the last delivery has ended. It is kept as a proof and contains only ids.
         */
        Erasure: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            account_id: number;
            user_id: number | null;
            pending: components["schemas"]["PendingDeliveries"];
            state: components["schemas"]["ErasureState"];
            /**
             * Format: int64
             * @description The number of erased events.
             */
            events: number;
            error: string | null;
            actor: components["schemas"]["ErasureActor"];
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            send_until: string | null;
            finished_at: string | null;
        };
        /** ErasureActor */
        ErasureActor: {
            kind: string;
            user_id: number | null;
        };
        /**
         * ErasureState
         * @description `waiting`: for deliveries that are sent first.
         * @enum {unknown}
         */
        ErasureState: "waiting" | "running" | "done";
        /**
         * Event
         * @description Describes the event without its object.
         */
        Event: {
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            id: string;
            type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: int64
             * @description Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.
             */
            sequence: number;
            actor: components["schemas"]["Actor"];
            /** @enum {unknown} */
            channel: "developer_portal" | "admin_portal" | "api" | "system";
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            erased_at: string | null;
        };
        /**
         * EventDetails
         * @description An event, with its verdicts.
         */
        EventDetails: {
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            id: string;
            type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: int64
             * @description Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.
             */
            sequence: number;
            actor: components["schemas"]["Actor"];
            /** @enum {unknown} */
            channel: "developer_portal" | "admin_portal" | "api" | "system";
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            erased_at: string | null;
            /** @description The object as it was right after the change. */
            document: {
                [key: string]: unknown;
            };
            key: components["schemas"]["EventKey"] | null;
            /** @description For updates: the changed fields with their previous values. */
            previous: {
                [key: string]: unknown;
            } | null;
            verdicts: components["schemas"]["Verdict"][];
        };
        /**
         * EventKey
         * @description For events about a key: that key.
         */
        EventKey: {
            last4: string;
            created_at: string;
        };
        /** EventType */
        EventType: {
            /** @enum {unknown} */
            type: "account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted";
            switch: string | null;
            label: string;
            /** @enum {unknown} */
            group: "Accounts" | "Users" | "Applications" | "Keys" | "Operations";
            /** @description The interfaces that cause it. `background`: activation by email and Bellwire itself. */
            interfaces: ("developer_portal" | "admin_portal" | "api" | "background")[];
        };
        /**
         * Failure
         * @description A delivery without attempts left.
         */
        Failure: {
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            id: string;
            delivery_id: string;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            event_type: string;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /** Format: int64 */
            attempts_made: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            failed_at: string;
            /** @description The error of the last attempt. */
            error: string;
            /** @description The URL of the last attempt. */
            url_masked: string;
        };
        /**
         * FailureClass
         * @enum {unknown}
         */
        FailureClass: "2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden" | "held";
        /**
         * FailureCount
         * @description The number of failures on the list.
         */
        FailureCount: {
            /** Format: int64 */
            count: number;
            /**
             * Format: int64
             * @description The failures among them whose group is muted.
             */
            muted: number;
            /** @description True if there may be more, because counting takes longer than a second. */
            has_more: boolean;
        };
        /**
         * FailureGroup
         * @description The failures of one endpoint with the same cause.
         */
        FailureGroup: {
            /** @description The same for every failure of this cause. */
            id: string;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            /** @description Failures of a deleted endpoint cannot be retried. */
            endpoint_deleted: boolean;
            error_class: components["schemas"]["FailureClass"];
            status: number | null;
            /** @description The error. Numbers, ids, addresses and hosts are replaced by `<n>`, `<id>`, `<address>` and `<host>`. */
            message: string;
            /** Format: int64 */
            count: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            first_failed_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            last_failed_at: string;
            newest: components["schemas"]["NewestFailure"];
            mute: components["schemas"]["FailureMute"] | null;
        };
        /**
         * FailureMute
         * @description A muted group is not counted as new trouble.
         */
        FailureMute: {
            until: string | null;
        };
        /** FailureSelection */
        FailureSelection: {
            /**
             * Format: int64
             * @description The id of an endpoint.
             */
            endpoint_id?: number;
            /**
             * Format: date-time
             * @description Those that failed in this second or before.
             */
            until?: string;
            /** @description Ids of failures. May be given several times. */
            ids?: string[];
            /** @description Selects every failure. Only without a filter. */
            all?: boolean;
        };
        /**
         * FieldChange
         * @description A field that differs from the version before.
         */
        FieldChange: {
            /** @description The path in the document, such as `users[21].email`. */
            field: string;
            /** @description The field as the Admin Portal names it, with the labels of defined fields. */
            label: string;
            /** @enum {unknown} */
            kind: "added" | "removed" | "changed";
            /** @description Absent if the version before lacks the field or is not known. */
            before?: unknown;
            /** @description Absent if the document lacks the field. */
            after?: unknown;
            /** @description True for credentials. Values show their last four characters at most. */
            masked: boolean;
            /** @description True if the event names the field as changed. False for consequences, and for changes since the version before that no event of the object recorded, such as a renamed plan. */
            direct: boolean;
        };
        /** FieldValue */
        FieldValue: {
            /** @description The path in the document, such as `users[21].email`. */
            field: string;
            /** @description The field as the Admin Portal names it, with the labels of defined fields. */
            label: string;
            value: unknown;
            /** @description True for credentials. Values show their last four characters at most. */
            masked: boolean;
        };
        /**
         * Gate
         * @description The gate that stopped the event when it was recorded. Null if none did.
         * @enum {unknown}
         */
        Gate: "web_hooks_denied" | "not_active" | "switch_off" | "own_endpoint" | "no_acting_user" | "admin_actions_off";
        /**
         * HistoryEntry
         * @description An event of an account, a user or an application, with the fields that it changed.
         */
        HistoryEntry: {
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            id: string;
            type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: int64
             * @description Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.
             */
            sequence: number;
            actor: components["schemas"]["Actor"];
            /** @enum {unknown} */
            channel: "developer_portal" | "admin_portal" | "api" | "system";
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            erased_at: string | null;
            object_name: string | null;
            compared_with: string | null;
            /** @description A creation adds all fields, a deletion removes them. Lists of entries show the first 100. */
            changes: components["schemas"]["FieldChange"][];
            /** Format: int64 */
            changes_total: number;
            key: components["schemas"]["HistoryKey"] | null;
            notified: components["schemas"]["NotificationSummary"] | null;
        };
        /**
         * HistoryEntryDetails
         * @description An event with all changed fields and both versions of its object.
         */
        HistoryEntryDetails: {
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            id: string;
            type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            /**
             * Format: int64
             * @description Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.
             */
            sequence: number;
            actor: components["schemas"]["Actor"];
            /** @enum {unknown} */
            channel: "developer_portal" | "admin_portal" | "api" | "system";
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            occurred_at: string;
            erased_at: string | null;
            object_name: string | null;
            compared_with: string | null;
            /** @description A creation adds all fields, a deletion removes them. Lists of entries show the first 100. */
            changes: components["schemas"]["FieldChange"][];
            /** Format: int64 */
            changes_total: number;
            key: components["schemas"]["HistoryKey"] | null;
            notified: components["schemas"]["NotificationSummary"] | null;
            /** @description The fields of the object, with masked credentials. Null if it did not exist, or is not known. */
            document: {
                [key: string]: unknown;
            } | null;
            /** @description The fields of the object, with masked credentials. Null if it did not exist, or is not known. */
            document_before: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * HistoryKey
         * @description The key that an event about a key concerns.
         */
        HistoryKey: {
            last4: string;
            created_at: string;
        };
        /**
         * Invitation
         * @description An invitation by mail to join an account.
         */
        Invitation: {
            /** Format: int64 */
            id: number;
            email: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            sent_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            expires_at: string;
            accepted_at: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /**
         * Job
         * @description Work on selected rows in the background. Restarts do not interrupt it.
         */
        Job: {
            /** Format: int64 */
            id: number;
            kind: components["schemas"]["JobKind"];
            of: components["schemas"]["JobSubject"];
            /** @description The filter with absolute times, or the number of ids. */
            selection: {
                [key: string]: unknown;
            };
            endpoint_id: number | null;
            format: ("csv" | "ndjson") | null;
            state: components["schemas"]["JobState"];
            /**
             * Format: int64
             * @description The number of selected rows, of a replay that of their events. Fixed when the job was created.
             */
            total: number;
            /** Format: int64 */
            done: number;
            /**
             * Format: int64
             * @description Rows to which the job did not apply: they had changed meanwhile, or their event is one that the destination of a replay never gets, such as one about itself.
             */
            skipped: number;
            /**
             * Format: int64
             * @description Rows that could not be processed.
             */
            failed: number;
            error: string | null;
            /**
             * Format: int64
             * @description The size of an export so far.
             */
            bytes: number;
            actor_kind: string;
            actor_name: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            finished_at: string | null;
            result_until: string | null;
            undo_until: string | null;
            undone_at: string | null;
        };
        /**
         * JobFilter
         * @description The rows of the list with the same filter. An empty filter matches every row. `since` and `until` of failures are the times at which they failed.
         */
        JobFilter: {
            /** @description Deliveries in this state. May be given several times. */
            state?: ("pending" | "delivered" | "failed" | "cancelled")[];
            /** @description Deliveries to this endpoint. May be given several times. */
            endpoint_id?: number[];
            /** @description An event type, or `account.*` for all of accounts. May be given several times. */
            event_type?: string[];
            /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
            since?: string;
            /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
            until?: string;
            /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
            status?: string[];
            /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
            error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
            /** @description At least this many attempts were made. */
            attempts_min?: number;
            /** @description At most this many attempts were made. */
            attempts_max?: number;
            /** @description The last attempt took this many milliseconds or more. */
            latency_min?: number;
            /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
            account?: string;
            /**
             * Format: int64
             * @description The id of the account, user or application that changed.
             */
            object_id?: number;
            /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
            actor?: string;
            /** @description The interface of the change. May be given several times. */
            channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
            /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
            event_id?: string[];
            /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
            q?: string;
            /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
            payload?: string;
            /** @description Failures of this group of `listFailureGroups`. */
            group?: string;
        };
        /**
         * JobKind
         * @description `retry`: send deliveries now, whatever their state. `cancel`: cancel pending ones. `replay`: send the events of deliveries to another endpoint, each once. `export`: a file. `delete_failures`: delete failures from the list.
         * @enum {unknown}
         */
        JobKind: "retry" | "cancel" | "replay" | "export" | "delete_failures";
        /**
         * JobPreview
         * @description The number of rows to which the job would apply. Nothing was changed.
         */
        JobPreview: {
            /** @description Always true. */
            dry_run: boolean;
            kind: components["schemas"]["JobKind"];
            of: components["schemas"]["JobSubject"];
            /**
             * Format: int64
             * @description The rows that match now, of a replay their events.
             */
            total: number;
        };
        /**
         * JobState
         * @enum {unknown}
         */
        JobState: "running" | "done" | "cancelled";
        /**
         * JobSubject
         * @description The rows. `failures`: deliveries on the failure list. `attempts`: for an export.
         * @enum {unknown}
         */
        JobSubject: "deliveries" | "failures" | "events" | "attempts";
        /**
         * Limit
         * @description The maximum number of objects of a kind.
         */
        Limit: {
            /** @description The name of the limit in docs/reference/limits.md. */
            name: string;
            /**
             * @description The kind of object that the limit applies to.
             * @enum {unknown}
             */
            of: "provider" | "account" | "user" | "plan";
            /**
             * Format: int64
             * @description The maximum number.
             */
            max: number;
            used: number | null;
        };
        /**
         * ListedAttempt
         * @description One HTTP request of a delivery, in a list.
         */
        ListedAttempt: {
            /** @description The delivery's id, a dot, and the attempt's number. */
            id: string;
            delivery_id: string;
            /**
             * Format: int64
             * @description From 1 on.
             */
            number: number;
            /**
             * Format: date-time
             * @description When it was sent.
             */
            at: string;
            outcome: components["schemas"]["OutcomeClass"];
            status: number | null;
            error: string | null;
            /** Format: int64 */
            latency_ms: number;
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            /**
             * Format: uuid
             * @description A UUIDv7. The same as `webhook-id`.
             */
            event_id: string;
            event_type: string;
            /** Format: int64 */
            object_id: number;
            /** Format: int64 */
            account_id: number;
            account_name: string;
            delivery_state: components["schemas"]["DeliveryState"];
        };
        /**
         * ListedMessage
         * @description A message between you and an account, without its text.
         */
        ListedMessage: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            account_id: number;
            /** @description The organization of the account. */
            org_name: string;
            /**
             * @description Who sent it: you or the account.
             * @enum {unknown}
             */
            sender: "provider" | "account";
            author: string | null;
            subject: string;
            read_at: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /**
         * Mail
         * @description A mail to a developer or an admin. Without a mail server, mails stay in this list.
         */
        Mail: {
            /** Format: int64 */
            id: number;
            /**
             * @description A waiting mail is tried for three days. A failed one is not tried again: they are over, or the mail server says that the address does not exist.
             * @enum {unknown}
             */
            state: "waiting" | "sent" | "failed";
            recipient: string;
            subject: string;
            /** @description Plain text. Its links are valid. */
            text: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            sent_at: string | null;
            /** Format: int64 */
            attempts_made: number;
            last_error: string | null;
        };
        /**
         * MatchCount
         * @description How many match a filter.
         */
        MatchCount: {
            /**
             * Format: int64
             * @description The number of matches, at most 10,000.
             */
            count: number;
            /** @description True if there are more matches: from 10,000 on, or if counting takes too long. */
            has_more: boolean;
        };
        /**
         * Message
         * @description A message between you and an account.
         */
        Message: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            account_id: number;
            /** @description The organization of the account. */
            org_name: string;
            /**
             * @description Who sent it: you or the account.
             * @enum {unknown}
             */
            sender: "provider" | "account";
            author: string | null;
            subject: string;
            read_at: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            body: string | null;
        };
        /** NewBinShare */
        NewBinShare: {
            /**
             * Format: int64
             * @description The id of the link.
             */
            id: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            expires_at: string;
            /** @description A secret. Shown only now, because its digest is stored. */
            url: string;
        };
        /** NewEndpoint */
        NewEndpoint: {
            /** @description Unique. The endpoint named `default` is the webhook of 3scale's page and API. */
            name: string;
            /** @description An absolute http or https URL. The query is sent unchanged. */
            url: string;
            description?: string | null;
            /** @description If false, new events create no delivery, and pending deliveries are held. */
            active?: boolean;
            event_types?: ("account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted" | "*")[];
            /** @description Also send changes made in the Admin Portal and by access tokens. */
            provider_actions?: boolean;
            /** @description Also send changes without an acting user: activation by email, the provider key, background work. */
            all_actors?: boolean;
            /**
             * @description `3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. `cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are headers, `ce-id` and so on, and whose body is its data. `chat`, `chat-discord` and `chat-teams`: a message about an alert for the incoming webhook of a chat program, `{text}` for Slack, Mattermost and Google Chat, `{content}` for Discord, and an Adaptive Card for a workflow of Microsoft Teams; events about endpoints only, and no change to or from another format.
             * @enum {unknown}
             */
            format?: "3scale" | "json" | "cloudevents" | "cloudevents-binary" | "chat" | "chat-discord" | "chat-teams";
            /** @description Sent with every request, for example an Authorization header that the receiver requires. */
            headers?: {
                [key: string]: string;
            };
            /** @description The wait after each failed attempt. After the last one, the delivery has failed. */
            retry_waits_seconds?: number[];
            /**
             * @description The status codes that count as delivered.
             * @enum {unknown}
             */
            success?: "200" | "200-207" | "2xx";
            /** @description The maximum duration of an attempt. */
            timeout_seconds?: number;
            max_in_flight?: number | null;
            max_per_second?: number | null;
            /**
             * @description `account`: deliveries about one account are sent one at a time. `object`: those about one object are.
             * @enum {unknown}
             */
            ordering?: "none" | "object" | "account";
            /** @description Include keys and secrets in formats other than `3scale`. */
            include_credentials?: boolean;
            /**
             * @description `enabled` also re-enables a disabled endpoint.
             * @enum {unknown}
             */
            state?: "enabled" | "paused";
        };
        /** NewErasure */
        NewErasure: {
            /**
             * Format: int64
             * @description The id of the account, deleted or not.
             */
            account_id?: number;
            /**
             * Format: int64
             * @description The id of the user, deleted or not, instead of an account.
             */
            user_id?: number;
            pending: components["schemas"]["PendingDeliveries"];
        };
        /** NewFailureMute */
        NewFailureMute: {
            until?: string | null;
        };
        /** NewJob */
        NewJob: {
            kind: components["schemas"]["JobKind"];
            of?: components["schemas"]["JobSubject"];
            filter?: components["schemas"]["JobFilter"];
            /** @description Ids of deliveries. For exports of events, ids of events; for exports of attempts, ids of attempts or deliveries. */
            ids?: string[];
            /**
             * Format: int64
             * @description The id of the endpoint to which a replay sends. A dry run needs none.
             */
            endpoint_id?: number;
            /**
             * @description The format of an export. Default: csv.
             * @enum {unknown}
             */
            format?: "csv" | "ndjson";
            /** @description Only counts the rows. */
            dry_run?: boolean;
        };
        /** NewReplay */
        NewReplay: {
            /**
             * Format: int64
             * @description The id of the endpoint.
             */
            endpoint_id: number;
            /**
             * Format: date-time
             * @description Events at this time or later.
             */
            since: string;
            /**
             * Format: date-time
             * @description Events before this time. Default: now.
             */
            until?: string;
            event_types?: ("account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted")[] | null;
            /**
             * @description `failed`: deliveries on the failure list. `missing`: events of subscribed types without a delivery to the endpoint. `all`: both, and all ended deliveries.
             * @enum {unknown}
             */
            only: "failed" | "missing" | "all";
            /** @description Only counts the rows. */
            dry_run?: boolean;
        };
        /**
         * NewestFailure
         * @description The newest event's delivery.
         */
        NewestFailure: {
            delivery_id: string;
            error: string;
        };
        /**
         * Notice
         * @description A notice about the installation for admins.
         */
        Notice: {
            /**
             * @description changes_may_be_lost: after a failover or a restore, the database continued from an earlier state. held_after_restore: deliveries, mails and jobs from before a restore wait for the operator.
             * @enum {unknown}
             */
            kind: "changes_may_be_lost" | "held_after_restore";
            /**
             * Format: date-time
             * @description When the database was first used in this state.
             */
            at: string;
            until: string | null;
        };
        /**
         * Notification
         * @description Whether one endpoint was notified of an event.
         */
        Notification: {
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            /**
             * @description The state of the delivery. `withheld`: a gate stopped the event, so there is no delivery.
             * @enum {unknown}
             */
            state: "pending" | "delivered" | "failed" | "cancelled" | "withheld";
            gate: components["schemas"]["Gate"] | null;
            delivery_id: string | null;
        };
        /**
         * NotificationSummary
         * @description Null if the caller may not read webhooks.
         */
        NotificationSummary: {
            /**
             * Format: int64
             * @description The endpoints that existed when the event was recorded.
             */
            total: number;
            /** @description Deliveries first, at most 20 endpoints. */
            endpoints: components["schemas"]["Notification"][];
        };
        /**
         * ObjectVersion
         * @description An account, a user or an application as it was at a time.
         */
        ObjectVersion: {
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            at: string;
            /**
             * @description Whether the object existed at that time. `not_kept`: retention has deleted the events from before that time.
             * @enum {unknown}
             */
            state: "existed" | "deleted" | "not_created" | "not_kept";
            event_id: string | null;
            event_type: string | null;
            occurred_at: string | null;
            /** @description The fields of the object, with masked credentials. Null if it did not exist, or is not known. */
            document: {
                [key: string]: unknown;
            } | null;
            /** @description The fields of the document, with those of listed objects, for display. */
            fields: components["schemas"]["FieldValue"][];
        };
        /**
         * OutcomeClass
         * @description The class of the status, or the kind of error without a response.
         * @enum {unknown}
         */
        OutcomeClass: "2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden";
        /**
         * PendingDeliveries
         * @description Deliveries that have not ended. `send`: they are sent first, for at most 7 days. `cancel`: they are cancelled, so receivers may not learn of the deletion. Unsent mails are deleted in both cases.
         * @enum {unknown}
         */
        PendingDeliveries: "send" | "cancel";
        /**
         * PendingSubscription
         * @description A subscription of an account to a product that waits for approval, or for a requested plan.
         */
        PendingSubscription: {
            /** Format: int64 */
            subscription_id: number;
            /** Format: int64 */
            account_id: number;
            org_name: string;
            /** Format: int64 */
            product_id: number;
            product_name: string;
            /**
             * Format: int64
             * @description The service plan.
             */
            plan_id: number;
            plan_name: string;
            requested_plan_id: number | null;
            requested_plan_name: string | null;
            asked_by: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /**
         * PlanFeature
         * @description A feature that a plan has.
         */
        PlanFeature: {
            /** Format: int64 */
            plan_id: number;
            /** Format: int64 */
            feature_id: number;
        };
        /**
         * PlanRequest
         * @description A request for another application plan, for products whose plan changes need approval.
         */
        PlanRequest: {
            /** Format: int64 */
            application_id: number;
            application_name: string;
            /** Format: int64 */
            account_id: number;
            org_name: string;
            /**
             * Format: int64
             * @description The requested plan.
             */
            plan_id: number;
            plan_name: string;
            asked_by: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
        };
        /** Problem */
        Problem: {
            /** @description A name for this kind of problem. */
            type: string;
            /** @description What is wrong, as a sentence. */
            title: string;
            /** Format: int64 */
            status: number;
            /** @description Stable, for programs. All codes are listed in docs/reference/errors.md. */
            code: string;
            /** @description Finds this request in the operator's log. */
            request_id: string;
            /** @description What is wrong, by field or parameter. */
            errors?: {
                [key: string]: string[];
            };
        };
        /**
         * Replay
         * @description Resends the events of a time range to an endpoint. The counts are the deliveries made due so far.
         */
        Replay: {
            /** Format: int64 */
            id: number;
            /** Format: int64 */
            endpoint_id: number;
            /**
             * Format: date-time
             * @description Events at this time or later.
             */
            since: string;
            /**
             * Format: date-time
             * @description Events that happened before.
             */
            until: string;
            event_types: string[] | null;
            /**
             * @description `failed`: deliveries on the failure list. `missing`: events of subscribed types without a delivery to the endpoint. `all`: both, and all ended deliveries.
             * @enum {unknown}
             */
            only: "failed" | "missing" | "all";
            state: components["schemas"]["ReplayState"];
            /** @description The examined part of the time range, from 0 to 1. */
            progress: number;
            counts: components["schemas"]["ReplayCounts"];
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            created_at: string;
            finished_at: string | null;
        };
        /**
         * ReplayCounts
         * @description Deliveries by their previous state.
         */
        ReplayCounts: {
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            missing: number;
            /**
             * Format: int64
             * @description Delivered before, and resent with `bellwire-replay`.
             */
            delivered: number;
            /**
             * Format: int64
             * @description Cancelled before, or deleted from the failure list.
             */
            given_up: number;
            /** Format: int64 */
            total: number;
        };
        /**
         * ReplayPreview
         * @description The deliveries that a replay would send now. Nothing was changed.
         */
        ReplayPreview: {
            /** @description Always true. */
            dry_run: boolean;
            /** Format: int64 */
            endpoint_id: number;
            /**
             * Format: date-time
             * @description Events at this time or later.
             */
            since: string;
            /**
             * Format: date-time
             * @description Events that happened before.
             */
            until: string;
            event_types: string[] | null;
            /**
             * @description `failed`: deliveries on the failure list. `missing`: events of subscribed types without a delivery to the endpoint. `all`: both, and all ended deliveries.
             * @enum {unknown}
             */
            only: "failed" | "missing" | "all";
            counts: components["schemas"]["ReplayCounts"];
        };
        /**
         * ReplayState
         * @enum {unknown}
         */
        ReplayState: "running" | "done" | "cancelled";
        /**
         * RequestHeader
         * @description One header.
         */
        RequestHeader: {
            name: string;
            value: string;
        };
        /**
         * ResultKind
         * @enum {unknown}
         */
        ResultKind: "account" | "user" | "application" | "endpoint" | "delivery" | "event";
        /**
         * SearchResult
         * @description An object that a text refers to.
         */
        SearchResult: {
            kind: components["schemas"]["ResultKind"];
            id: string;
            title: string;
            detail: string | null;
            account_id: number | null;
        };
        /**
         * SentRequest
         * @description The request without its body, which is that of the delivery. The values of the URL's query, of the endpoint's own headers, of `authorization` and of `webhook-signature` are masked: `readAttemptRequest` reads them.
         */
        SentRequest: {
            /** @enum {unknown} */
            method: "POST";
            url: string;
            /** @description In the order in which they were sent. */
            headers: components["schemas"]["RequestHeader"][];
        };
        /**
         * Session
         * @description A browser in which the user is signed in to the Admin Portal.
         */
        Session: {
            /** @description 32 hexadecimal digits. It gives access to nothing. */
            id: string;
            /** @description The session that sends this request. */
            is_current: boolean;
            /**
             * Format: date-time
             * @description When the user signed in.
             */
            created_at: string;
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            expires_at: string;
            browser: string | null;
            operating_system: string | null;
            address: string | null;
        };
        /**
         * Statistics
         * @description Metrics over time. Minutes, hours and days begin in UTC.
         */
        Statistics: {
            /** @enum {unknown} */
            interval: "minute" | "hour" | "day";
            /**
             * Format: date-time
             * @description ISO 8601, UTC, with milliseconds.
             */
            since: string;
            /**
             * Format: date-time
             * @description The end of the last point.
             */
            until: string;
            /** @description One without `group_by`; else one per group, those with most attempts first. */
            series: {
                group: {
                    /** @enum {unknown} */
                    outcome?: "2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden";
                    /** Format: int64 */
                    endpoint_id?: number;
                    event_type?: string;
                };
                /** @description Over the whole span. */
                total: {
                    attempts?: number | null;
                    deliveries?: number | null;
                    delivered?: number | null;
                    failures?: number | null;
                    first_attempt_successes?: number | null;
                    retries?: number | null;
                    success_rate?: number | null;
                    latency_p50?: number | null;
                    latency_p95?: number | null;
                    latency_p99?: number | null;
                    delay_p50?: number | null;
                    delay_p95?: number | null;
                    delay_p99?: number | null;
                    bytes_sent?: number | null;
                    bytes_received?: number | null;
                    accounts_created?: number | null;
                    applications_created?: number | null;
                };
                points: {
                    /**
                     * Format: date-time
                     * @description ISO 8601, UTC, with milliseconds.
                     */
                    at: string;
                    attempts?: number | null;
                    deliveries?: number | null;
                    delivered?: number | null;
                    failures?: number | null;
                    first_attempt_successes?: number | null;
                    retries?: number | null;
                    success_rate?: number | null;
                    latency_p50?: number | null;
                    latency_p95?: number | null;
                    latency_p99?: number | null;
                    delay_p50?: number | null;
                    delay_p95?: number | null;
                    delay_p99?: number | null;
                    bytes_sent?: number | null;
                    bytes_received?: number | null;
                    accounts_created?: number | null;
                    applications_created?: number | null;
                }[];
            }[];
        };
        /**
         * UnmaskedRequest
         * @description The request with its secrets.
         */
        UnmaskedRequest: {
            /** @enum {unknown} */
            method: "POST";
            url: string;
            /** @description In the order in which they were sent. */
            headers: components["schemas"]["RequestHeader"][];
            body: string;
            /** @description A command for POSIX shells that sends the same bytes. */
            curl: string;
        };
        /**
         * Verdict
         * @description The verdict about an event for one endpoint.
         */
        Verdict: {
            /** Format: int64 */
            endpoint_id: number;
            endpoint_name: string;
            /** @description Whether the event has a delivery to this endpoint. */
            sent: boolean;
            gate: components["schemas"]["Gate"] | null;
            delivery_id: string | null;
        };
        /**
         * View
         * @description A named filter of a list.
         */
        View: {
            /** Format: int64 */
            id: number;
            list: components["schemas"]["ViewList"];
            name: string;
            /** @description The parameters of the list's page, as in its address. Several values are joined by commas. */
            filter: {
                [key: string]: string;
            };
        };
        /**
         * ViewList
         * @description The list that the view filters.
         * @enum {unknown}
         */
        ViewList: "deliveries" | "events" | "failures" | "attempts" | "accounts" | "applications";
    };
    responses: {
        /** @description The request cannot be read, as text that is not UTF-8, or has an unknown query parameter. */
        Unreadable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The credentials are missing or wrong. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The credentials do not permit this. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The object does not exist or belongs to another provider. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request conflicts with the current state, or a request with this idempotency key has no response yet. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than 1 MiB. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not JSON. */
        UnknownMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Some values are invalid, which `errors` lists by field, or the idempotency key is that of another request. */
        Invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many wrong credentials, too many changes of an account, or too many emails to a person. `Retry-After` gives the seconds to wait. */
        TooMany: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description An internal error occurred. */
        Broken: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The database is unavailable or full, or too many password checks are running. No change is partly done. */
        Away: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description `Bellwire/` and its version. */
        "user-agent": string;
        /** @description The event's id, the same in every attempt. Process each id once. */
        "webhook-id": string;
        /** @description When this attempt was sent, in seconds since 1970. */
        "webhook-timestamp": string;
        /** @description `v1,` and the HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and the body, joined by dots, in base64. For a day after a rotation two of them, with a space between; one must be right. */
        "webhook-signature": string;
        /** @description The number of the attempt, from 1. */
        "bellwire-attempt": string;
        /** @description The event type, such as `account.created`. */
        "bellwire-event-type": string;
        /** @description The time of the event, in ISO 8601 with milliseconds. Not before that of the account's previous event, unless a clock was wrong by more than an hour. */
        "bellwire-event-time": string;
        /** @description Counts the events of the account without gaps. After a database failover or restore it jumps ahead by a million or more. */
        "bellwire-sequence": string;
        /** @description The actor: `developer:21`, `admin:3`, `token:3`, `key` or `system`. */
        "bellwire-actor": string;
        /** @description The interface of the change: `developer_portal`, `admin_portal`, `api` or `system`. */
        "bellwire-channel": string;
        /** @description The number of manual retries and replays after a success. Absent in the first round. */
        "bellwire-replay": string;
        /** @description `true` for a requested sample, which is no event. Absent otherwise. */
        "bellwire-test": string;
        /** @description The request's place in the trace of the change (W3C Trace Context). Only if the operator records traces. Not signed. */
        traceparent: string;
        /** @description The trace's state, if the change came with one. */
        tracestate: string;
        /** @description The version of CloudEvents. Only in the format `cloudevents-binary`. */
        "ce-specversion": string;
        /** @description The event's id. Only in the format `cloudevents-binary`. */
        "ce-id": string;
        /** @description URL of the provider's admin host. Only in the format `cloudevents-binary`. */
        "ce-source": string;
        /** @description What happened. Only in the format `cloudevents-binary`. */
        "ce-type": string;
        /** @description What it is about, such as `application/41`. Only in the format `cloudevents-binary`. */
        "ce-subject": string;
        /** @description When it happened. Only in the format `cloudevents-binary`. */
        "ce-time": string;
        /** @description Counts the events of their account. Only in the format `cloudevents-binary`. */
        "ce-bellwiresequence": string;
        /** @description Who did it. Only in the format `cloudevents-binary`. */
        "ce-bellwireactor": string;
        /** @description The interface of the change. Only in the format `cloudevents-binary`. */
        "ce-bellwirechannel": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listEndpoints: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Endpoint"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEndpoint"];
            };
        };
        responses: {
            /** @description A destination URL with its event types and delivery settings. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Endpoint"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A destination URL with its event types and delivery settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Endpoint"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EndpointChange"];
            };
        };
        responses: {
            /** @description A destination URL with its event types and delivery settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Endpoint"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    undoDeleteEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A destination URL with its event types and delivery settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Endpoint"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEndpointSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new signing secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEndpointUrl: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The destination URL. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointUrl"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    rotateEndpointSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new signing secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointSecret"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    pingEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    event_type?: "account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted";
                };
            };
        };
        responses: {
            /** @description One HTTP request of a delivery. Attempts of versions before 0.1.0 have no phases, no connection and no request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attempt"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All event types. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EventType"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEventTypeSample: {
        parameters: {
            query?: {
                /** @description As an endpoint's `format`. */
                format?: "3scale" | "json" | "cloudevents" | "cloudevents-binary" | "chat" | "chat-discord" | "chat-teams";
            };
            header?: never;
            path: {
                /** @description An event type. */
                type: "account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The body that an endpoint of this format receives. For `cloudevents-binary`, the response has the attributes as headers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                    "application/cloudevents+json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description `newest` is for people: events that are recorded while they page are on no page. `oldest` is for programs that follow the events: store `next`, and pass it as `after` to read the events since. Events of a running transaction appear after its end, so no event is skipped or repeated. The order is that of recording; events of one account come by `sequence`. A cursor is valid for one order only. With a filter, `next` also passes the events that the filter left out, so keep the filter. A program that needs no earlier events begins with `since=-0m`, without `after`, and continues without `since`. */
                order?: "newest" | "oldest";
                /** @description Events of this type. The same as `event_type`. */
                type?: "account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted";
                /** @description The id of the account. */
                account_id?: number;
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Event"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    countEvents: {
        parameters: {
            query?: {
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many match a filter. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MatchCount"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A UUIDv7. The same as `webhook-id`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An event, with its verdicts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventDetails"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    sendEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A UUIDv7. The same as `webhook-id`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: int64
                     * @description The id of the endpoint.
                     */
                    endpoint_id: number;
                };
            };
        };
        responses: {
            /** @description One event for one endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    countDeliveries: {
        parameters: {
            query?: {
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many match a filter. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MatchCount"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One event for one endpoint, with all requests and responses. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDetails"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readAttemptRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
                /** @description The number of the attempt. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request with its secrets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmaskedRequest"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One event for one endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    skipDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One event for one endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    undoSkipDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One event for one endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    cancelDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The event's id, a dot, and the endpoint's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One event for one endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAttempts: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ListedAttempt"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    countAttempts: {
        parameters: {
            query?: {
                /** @description Deliveries in this state. May be given several times. */
                state?: ("pending" | "delivered" | "failed" | "cancelled")[];
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description At least this many attempts were made. */
                attempts_min?: number;
                /** @description At most this many attempts were made. */
                attempts_max?: number;
                /** @description The last attempt took this many milliseconds or more. */
                latency_min?: number;
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description The kind of actor that made the change, with or without the user's id: `developer:21`. */
                actor?: string;
                /** @description The interface of the change. May be given several times. */
                channel?: ("developer_portal" | "admin_portal" | "api" | "system")[];
                /** @description The event's id, which is the same as `webhook-id`. May be given several times. */
                event_id?: string[];
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, the last error or the payload. */
                q?: string;
                /** @description A value in the JSON payload: `data.account.org_name = Harbour & Sons`, `data.user.email ~ "@quay.example"` for a part of one, or a text that is anywhere in it. Credentials are not searched. */
                payload?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many match a filter. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MatchCount"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    search: {
        parameters: {
            query: {
                /** @description The text to find. */
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SearchResult"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listViews: {
        parameters: {
            query?: {
                /** @description Those of this list. */
                list?: "deliveries" | "events" | "failures" | "attempts" | "accounts" | "applications";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createView: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    list: components["schemas"]["ViewList"];
                    /** @description Not blank. Unique in its list. */
                    name: string;
                    /** @description The parameters of the list's page, as in its address. Several values are joined by commas. */
                    filter: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description A named filter of a list. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["View"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the view. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the view. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Not blank. Unique in its list. */
                    name?: string;
                    /** @description The parameters of the list's page, as in its address. Several values are joined by commas. */
                    filter?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description A named filter of a list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["View"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listFailures: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description Failed at this time or later: ISO 8601, or `-1d`. */
                since?: string;
                /** @description Failed in this second or before: ISO 8601, or `-1h`. */
                until?: string;
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, or the error. */
                q?: string;
                /** @description Ids of failures. May be given several times. */
                ids?: string[];
                /** @description Oldest or newest failures first. */
                order?: "oldest" | "newest";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Failure"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteFailures: {
        parameters: {
            query?: {
                /** @description The id of an endpoint. */
                endpoint_id?: number;
                /** @description Those that failed in this second or before. */
                until?: string;
                /** @description Ids of failures. May be given several times. */
                ids?: string[];
                /** @description Must be true if there is no filter. Selects every failure. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The number of deleted failures, and how to undo the deletion. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeletedFailures"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    countFailures: {
        parameters: {
            query?: {
                /** @description Deliveries to this endpoint. May be given several times. */
                endpoint_id?: number[];
                /** @description An event type, or `account.*` for all of accounts. May be given several times. */
                event_type?: string[];
                /** @description The status of the last attempt: `500`, `5xx`, or `400-499`. May be given several times. */
                status?: string[];
                /** @description The last attempt failed in this way: without a response, or with a status of this class. May be given several times. */
                error_class?: ("2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "connection" | "tls" | "forbidden")[];
                /** @description The id of the account, or the beginning of its name. Finds deleted accounts too. */
                account?: string;
                /** @description The id of the account, user or application that changed. */
                object_id?: number;
                /** @description Failed at this time or later: ISO 8601, or `-1d`. */
                since?: string;
                /** @description Failed in this second or before: ISO 8601, or `-1h`. */
                until?: string;
                /** @description Words, each of which is in an id, the event's type, the account's or the endpoint's name, or the error. */
                q?: string;
                /** @description Ids of failures. May be given several times. */
                ids?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The number of failures on the list. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FailureCount"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    undoDeletedFailures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the deletion. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The number of restored failures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: int64 */
                        restored: number;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    retryFailures: {
        parameters: {
            query?: {
                /** @description The id of an endpoint. */
                endpoint_id?: number;
                /** @description Those that failed in this second or before. */
                until?: string;
                /** @description Ids of failures. May be given several times. */
                ids?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["FailureSelection"];
            };
        };
        responses: {
            /** @description How many. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: int64 */
                        retried: number;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listFailureGroups: {
        parameters: {
            query?: {
                /** @description The id of an endpoint. */
                endpoint_id?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The groups. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["FailureGroup"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    muteFailureGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The same for every failure of this cause. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewFailureMute"];
            };
        };
        responses: {
            /** @description A muted group is not counted as new trouble. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FailureMute"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    unmuteFailureGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The same for every failure of this cause. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readStatistics: {
        parameters: {
            query: {
                /** @description Separated by commas: attempts, deliveries, delivered, failures, first_attempt_successes, retries, success_rate, latency_p50, latency_p95, latency_p99, delay_p50, delay_p95, delay_p99, bytes_sent, bytes_received, accounts_created, applications_created. */
                metrics: string;
                /** @description Separated by commas: outcome, endpoint_id, event_type. Only `attempts` has outcomes. */
                group_by?: string;
                /** @description The length of a point. Without it, it fits the span, and is longer for series of endpoints. Minutes are kept for 3 days. */
                interval?: "minute" | "hour" | "day";
                /** @description From the interval of this time on, an hour ago without it: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Up to the interval of this time, now without it: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description May be given several times. */
                endpoint_id?: number[];
                /** @description May be given several times. */
                event_type?: ("account.created" | "account.updated" | "account.plan_changed" | "account.deleted" | "user.created" | "user.updated" | "user.deleted" | "application.created" | "application.updated" | "application.suspended" | "application.plan_changed" | "application.user_key_updated" | "application.deleted" | "application.key_created" | "application.key_deleted" | "application.key_updated" | "endpoint.degraded" | "endpoint.recovered" | "endpoint.disabled" | "deliveries.exhausted")[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics over time. Minutes, hours and days begin in UTC. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listEndpointHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The health of each endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EndpointHealth"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readEndpointHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the endpoint. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of an endpoint's deliveries, with its reasons. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointHealth"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listReplays: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description The id of an endpoint. */
                endpoint_id?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Replay"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createReplay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewReplay"];
            };
        };
        responses: {
            /** @description The deliveries that a replay would send now. Nothing was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayPreview"];
                };
            };
            /** @description Resends the events of a time range to an endpoint. The counts are the deliveries made due so far. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the replay. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Resends the events of a time range to an endpoint. The counts are the deliveries made due so far. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    cancelReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the replay. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Resends the events of a time range to an endpoint. The counts are the deliveries made due so far. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Jobs in this state. */
                state?: "running" | "done" | "cancelled";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Job"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewJob"];
            };
        };
        responses: {
            /** @description The number of rows to which the job would apply. Nothing was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPreview"];
                };
            };
            /** @description Work on selected rows in the background. Restarts do not interrupt it. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the job. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Work on selected rows in the background. Restarts do not interrupt it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the job. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the job. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Work on selected rows in the background. Restarts do not interrupt it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readJobResult: {
        parameters: {
            query?: {
                /** @description Begins a CSV file with U+FEFF, without which Excel reads UTF-8 as another encoding. */
                byte_order_mark?: boolean;
            };
            header?: never;
            path: {
                /** @description The id of the job. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description `open` includes `clearing`. */
                state?: "open" | "closed";
                /** @description The id of the endpoint. */
                endpoint_id?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Alert"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A problem of an endpoint, detected by a rule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    muteAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    until?: string | null;
                };
            };
        };
        responses: {
            /** @description A problem of an endpoint, detected by a rule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    unmuteAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A problem of an endpoint, detected by a rule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alert"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAlertRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AlertRule"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    kind: components["schemas"]["AlertKind"];
                    endpoint_id?: number | null;
                    threshold?: number | null;
                    clear_threshold?: number | null;
                    /** @description How long the problem must last before the alert opens. */
                    for_seconds?: number;
                    /** @description How long the recovery must last before the alert closes. */
                    clear_for_seconds?: number;
                    /** @description Success rate and latency of fewer attempts are ignored. */
                    min_attempts?: number;
                    /** @description If false, the rule opens no alerts. A disabled rule of an endpoint also replaces the general rule there. */
                    is_enabled?: boolean;
                    /** @description Whether the admins get a mail when an alert opens or closes. */
                    by_mail?: boolean;
                };
            };
        };
        responses: {
            /** @description When alerts of one kind open and close. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert rule. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description When alerts of one kind open and close. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert rule. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the alert rule. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    threshold?: number | null;
                    clear_threshold?: number | null;
                    /** @description How long the problem must last before the alert opens. */
                    for_seconds?: number;
                    /** @description How long the recovery must last before the alert closes. */
                    clear_for_seconds?: number;
                    /** @description Success rate and latency of fewer attempts are ignored. */
                    min_attempts?: number;
                    /** @description If false, the rule opens no alerts. A disabled rule of an endpoint also replaces the general rule there. */
                    is_enabled?: boolean;
                    /** @description Whether the admins get a mail when an alert opens or closes. */
                    by_mail?: boolean;
                };
            };
        };
        responses: {
            /** @description When alerts of one kind open and close. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AlertRule"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listBins: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Bin"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createBin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BinChange"];
            };
        };
        responses: {
            /** @description A receiver for tests. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bin"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readBin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A receiver for tests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bin"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteBin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeBin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BinChange"];
            };
        };
        responses: {
            /** @description A receiver for tests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bin"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listBinShares: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BinShare"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createBinShare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BinShareRequest"];
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewBinShare"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    revokeBinShare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
                /** @description The id of the link. */
                share_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listBinRequests: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Only requests that contain this text, in any case. Of a body, the first 64 KiB are searched. If requests are masked, only method, path and event type are. */
                q?: string;
                /** @description The part of the request to search. `path` includes the query, `header` names and values. */
                in?: "any" | "method" | "path" | "header" | "body";
            };
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BinRequest"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readBinRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
                /** @description The request's number. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A received request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BinRequest"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readBinRequestBody: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
                /** @description The request's number. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole body, up to 1 MiB. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    compareBinRequests: {
        parameters: {
            query: {
                /** @description The number of the first request. */
                from: number;
                /** @description The number of the second request. */
                to: number;
            };
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BinRequestDiff"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    forwardBinRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The bin's id. */
                id: string;
                /** @description The request's number. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["BinForwardRequest"];
            };
        };
        responses: {
            /** @description The last time the request was forwarded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BinForward"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    suspendAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    resumeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listMatchingAccounts: {
        parameters: {
            query?: {
                /** @description Accounts in this state. */
                state?: "created" | "pending" | "approved" | "rejected" | "suspended" | "scheduled_for_deletion";
                /** @description A part of the organization's name, or of a user's name or email address, in any case. */
                query?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: int64 */
                            id: number;
                            name: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeManyAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountSelection"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description One result per id, in the order of the request. */
                        data: components["schemas"]["BulkOutcome"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listInvitations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Invitation"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    inviteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email: string;
                };
            };
        };
        responses: {
            /** @description An invitation by mail to join an account. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    resendInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
                /** @description The id of the invitation. */
                invitation_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
                /** @description The id of the invitation. */
                invitation_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    sendActivation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listPlanRequests: {
        parameters: {
            query?: {
                /** @description The id of an application. May be given several times. */
                application_id?: number[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PlanRequest"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    declinePlanRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAccountPlanRequests: {
        parameters: {
            query?: {
                /** @description The id of an account. May be given several times. */
                account_id?: number[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AccountPlanRequest"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listPendingSubscriptions: {
        parameters: {
            query?: {
                /** @description The id of an account. */
                account_id?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PendingSubscription"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    declineSubscriptionPlanRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
                /** @description The id of the subscription. */
                subscription_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listPlanFeatures: {
        parameters: {
            query?: {
                /** @description The id of a product. Without it, account plans are listed. */
                product_id?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PlanFeature"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listApiSpecifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiSpecification"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    declineAccountPlanRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    rejectApplication: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The reason in the mail. */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    regenerateUserKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    regenerateApplicationKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The current key. */
                    key: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listMatchingApplications: {
        parameters: {
            query?: {
                /** @description Applications in this state. */
                state?: "pending" | "live" | "suspended";
                /** @description The id of a product. */
                service_id?: number;
                /** @description The id of a plan. */
                plan_id?: number;
                /** @description A part of the application's name, in any case. */
                name?: string;
                /** @description A part of the account's name, in any case. */
                account_query?: string;
                /** @description The application's user key. */
                user_key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: int64 */
                            id: number;
                            name: string;
                            org_name: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    changeManyApplications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApplicationSelection"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description One result per id, in the order of the request. */
                        data: components["schemas"]["BulkOutcome"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteAuthenticationProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the authentication provider. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAccountHistory: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
                /** @description Adds the events of the account's users and applications. */
                include?: ("users" | "applications")[];
            };
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["HistoryEntry"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readAccountHistoryEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
                /** @description A UUIDv7. The same as `webhook-id`. */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An event with all changed fields and both versions of its object. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryEntryDetails"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readAccountVersion: {
        parameters: {
            query: {
                /** @description The time, with a zone. */
                at: string;
            };
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An account, a user or an application as it was at a time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectVersion"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listUserHistory: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
            };
            header?: never;
            path: {
                /** @description The id of the user. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["HistoryEntry"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readUserHistoryEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the user. */
                id: number;
                /** @description A UUIDv7. The same as `webhook-id`. */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An event with all changed fields and both versions of its object. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryEntryDetails"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readUserVersion: {
        parameters: {
            query: {
                /** @description The time, with a zone. */
                at: string;
            };
            header?: never;
            path: {
                /** @description The id of the user. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An account, a user or an application as it was at a time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectVersion"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listApplicationHistory: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Events from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Events before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
            };
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["HistoryEntry"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readApplicationHistoryEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
                /** @description A UUIDv7. The same as `webhook-id`. */
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An event with all changed fields and both versions of its object. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HistoryEntryDetails"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readApplicationVersion: {
        parameters: {
            query: {
                /** @description The time, with a zone. */
                at: string;
            };
            header?: never;
            path: {
                /** @description The id of the application. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An account, a user or an application as it was at a time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectVersion"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Limit"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listNotices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The most urgent first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Notice"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description `received`: from accounts. `sent`: to accounts. */
                box?: "received" | "sent";
                /** @description True: only messages from accounts that none of your users has marked as read. */
                unread?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ListedMessage"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAccountMessages: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description The id of the account. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ListedMessage"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the message. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A message between you and an account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    deleteMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the message. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    markMessageRead: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the message. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listMails: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Words, each of which is in the recipient or the subject, in any case. */
                q?: string;
                /** @description Mails in this state. May be given several times. */
                state?: ("waiting" | "sent" | "failed")[];
                /** @description The id of the account that the mail is about. */
                account_id?: number;
                /** @description Mails from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Mails before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Mail"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listAuditRecords: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /** @description Words, each of which is in the action, the subject, the details or the actor's name, in any case. */
                q?: string;
                /** @description An action, or `endpoint.*` for all of endpoints. May be given several times. */
                action?: string[];
                /** @description The object of the action, such as `endpoint/3`, or `endpoint` for all endpoints. May be given several times. */
                subject?: string[];
                /** @description The kind of actor, with or without the user's id: `admin:5`. May be given several times. */
                actor?: string[];
                /** @description Records from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Records before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditRecord"][];
                        next: string | null;
                        searched_until: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    exportAuditRecords: {
        parameters: {
            query?: {
                /** @description One record per line. */
                format?: "csv" | "ndjson";
                /** @description Begins a CSV file with U+FEFF, without which Excel reads UTF-8 as another encoding. */
                byte_order_mark?: boolean;
                /** @description Words, each of which is in the action, the subject, the details or the actor's name, in any case. */
                q?: string;
                /** @description An action, or `endpoint.*` for all of endpoints. May be given several times. */
                action?: string[];
                /** @description The object of the action, such as `endpoint/3`, or `endpoint` for all endpoints. May be given several times. */
                subject?: string[];
                /** @description The kind of actor, with or without the user's id: `admin:5`. May be given several times. */
                actor?: string[];
                /** @description Records from this time on: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                since?: string;
                /** @description Records before this time: ISO 8601 with a zone, or a span before now in m, h, d or w, such as `-1d`. */
                until?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Session"][];
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the session. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    endOtherSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: int64
                         * @description The number of ended sessions.
                         */
                        ended: number;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    listErasures: {
        parameters: {
            query?: {
                /** @description The maximum number of objects to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Erasure"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    createErasure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewErasure"];
            };
        };
        responses: {
            /** @description Removal of personal data. Ends within 1 hour, with `send` after the last delivery has ended. It is kept as a proof and contains only ids. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnknownMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    readErasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the erasure. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removal of personal data. Ends within 1 hour, with `send` after the last delivery has ended. It is kept as a proof and contains only ids. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    exportAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the account, deleted or not. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    exportUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the user, deleted or not. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
    openStream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ends after some minutes. Clients reopen it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["Unreadable"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Broken"];
            503: components["responses"]["Away"];
        };
    };
}
