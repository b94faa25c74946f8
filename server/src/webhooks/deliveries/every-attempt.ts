/**
 * All attempts, for a `from`: those that are rows of their own, and the first attempts that delivered in no order, which
 * are part of their delivery's row. What is asked of it is asked of both.
 */
export const everyAttempt = `(
    select provider_id, event_id, endpoint_id, number, at, status, error, latency_ms, response_headers, response_body, recorded_in
    from attempts
    union all
    select provider_id, event_id, endpoint_id, 1, first_at, first_status, null, first_latency_ms, first_headers, first_body,
      recorded_in
    from deliveries
    where first_at is not null
  )`;
