import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 120_000;

/**
 * An EventStoreDB process from the binary that EVENTSTORE_BIN names. Its settings go in by the environment, of which
 * it takes all that begins with EVENTSTORE_. Without a folder it keeps everything in memory.
 */
export function spawnEventStore({ port, replicationPort, folder, settings = {} }) {
  const binary = process.env.EVENTSTORE_BIN;
  if (!binary) throw new Error('EVENTSTORE_BIN is not set');
  const child = spawn(binary, [], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      EVENTSTORE_TELEMETRY_OPTOUT: 'true',
      EVENTSTORE_INSECURE: 'true',
      EVENTSTORE_DISABLE_LOG_FILE: 'true',
      EVENTSTORE_NODE_IP: '127.0.0.1',
      EVENTSTORE_NODE_PORT: String(port),
      EVENTSTORE_REPLICATION_IP: '127.0.0.1',
      EVENTSTORE_REPLICATION_PORT: String(replicationPort),
      ...(folder === undefined ? { EVENTSTORE_MEM_DB: 'true' } : { EVENTSTORE_DB: folder }),
      ...settings,
    },
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
  return child;
}

/** The state that a node gives itself; undefined while it does not answer. */
export async function stateOf(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/info`, {
      signal: AbortSignal.timeout(1_000),
    });
    return (await response.json()).state;
  } catch {
    return undefined;
  }
}

export const urlOf = (port) => `kurrentdb://127.0.0.1:${port}?tls=false`;

/** One node on free loopback ports, once it takes writes: its address, and what ends it. */
export async function startEventStore({ folder } = {}) {
  const [port, replicationPort] = await freePorts(2);
  const child = spawnEventStore({ port, replicationPort, folder });
  child.stdout.resume();
  child.stderr.resume();
  const limit = performance.now() + START_MS;
  while ((await stateOf(port)) !== 'leader') {
    if (child.exitCode !== null || performance.now() > limit) {
      child.kill('SIGKILL');
      throw new Error('the EventStoreDB named by EVENTSTORE_BIN did not start');
    }
    await sleep(100);
  }
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { url: urlOf(port), pid: child.pid, stop };
}

/** Ports that nothing listens on just now. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
