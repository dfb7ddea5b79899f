import { startEventStore } from './eventstore-process.js';

/** Starts the one server that all suites of a run share, where KURRENTDB_URL does not name one. */
export default async function setUp() {
  // As the service does; what a suite does to its `process.env` stays in its sandbox.
  process.env.TOKIO_WORKER_THREADS = '1';
  if (process.env.KURRENTDB_URL) return;
  const server = await startEventStore();
  process.env.KURRENTDB_URL = server.url;
  globalThis.stopSharedEventStore = () => server.stop();
}
