/** How our server runs, each with its reason. Given at every start, so that an older data directory follows suit. */
export const serverSettings = (socketFolder: string): Readonly<Record<string, string>> => ({
  // Nobody outside of this machine's user can even try: no port, and a folder that only we can enter.
  listen_addresses: "",
  port: String(socketPort),
  unix_socket_directories: socketFolder,
  unix_socket_permissions: "0700",
  // What was acknowledged survives a power cut. These are PostgreSQL's defaults; here they cannot be lost by accident.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // The live tables fit in here many times over; the history is read from the system's cache.
  shared_buffers: "256MB",
  // Full pages are most of what is logged after a checkpoint, and compressing them costs a delivery more (2 µs of
  // PostgreSQL's 25) than writing them as they are (a tenth to a quarter more bytes). Fewer checkpoints mean fewer of them;
  // recovery after a crash reads 1 GB in seconds.
  wal_compression: "off",
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  // Statements take milliseconds: compiling them takes longer than they do. Without parallel workers /dev/shm, 64 MB in
  // a container, is not needed.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  random_page_cost: "1.1",
  // The table of what is due is filled and emptied all day: dead rows are removed every 15 s, not every minute.
  autovacuum_naptime: "15s",
  max_connections: "100",
  timezone: "UTC",
  log_timezone: "UTC",
  // The log tells of starts, stops and crashes. A failed statement is ours to log, where its values are kept out.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_checkpoints: "off",
});

/** Part of the socket's name, and of nothing else: there is no port. */
export const socketPort = 5432;
