import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { afterSuite } from './store-folder.js';

const START_MS = 120_000;

/** States in which a node takes writes, or has a leader that does. */
const WRITABLE = ['leader', 'follower'];

/** Whether suites that need a server can run. */
const hasServer = Boolean(process.env['KURRENTDB_URL'] ?? process.env['EVENTSTORE_BIN']);

/** Whether suites that stop and start a server of their own can run. */
const canStartServers = Boolean(process.env['EVENTSTORE_BIN']);

/** A suite on a server: left out, which the end of the run tells, where there is none. */
export function onServer(title: string, body: () => void): void {
  if (hasServer) describe(title, body);
  else
    describe(title, leftOut('no EventStoreDB: set KURRENTDB_URL, or EVENTSTORE_BIN to its binary'));
}

/** A suite that does things to servers of its own. */
export function onOwnServer(title: string, body: () => void): void {
  if (canStartServers) describe(title, body);
  else describe(title, leftOut('no EventStoreDB to start: set EVENTSTORE_BIN to its binary'));
}

function leftOut(why: string): () => void {
  return () => {
    it.skip(`left out: ${why}`, () => undefined);
  };
}

/** Connection string of a server for this suite: the one there is, else one started for it. */
export async function serverUrl(): Promise<string> {
  return process.env['KURRENTDB_URL'] ?? (await KurrentDbServer.start()).url;
}

export interface ServerOptions {
  /** What only lives in memory is quicker, and gone with the process. */
  readonly isDurable?: boolean;
  readonly ports?: readonly number[];
  readonly folder?: string;
  /** More of the server's own options. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One EventStoreDB on free loopback ports, with a folder of its own. */
export class KurrentDbServer {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly port: number,
    private readonly replicationPort: number,
    private readonly folder: string,
    private readonly options: ServerOptions,
  ) {}

  /** Resolves once it takes writes. */
  static async start(options: ServerOptions = {}): Promise<KurrentDbServer> {
    const server = await KurrentDbServer.launch(options);
    await server.writable();
    return server;
  }

  /** Starts it and does not wait for it. */
  static async launch(options: ServerOptions = {}): Promise<KurrentDbServer> {
    const [port, replication] = options.ports ?? (await freePorts(2));
    if (port === undefined || replication === undefined) throw new Error('two ports are needed');
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ledger-eventstore-'));
    const server = new KurrentDbServer(port, replication, folder, options);
    afterSuite(() => server.end());
    server.spawn();
    return server;
  }

  get url(): string {
    return `kurrentdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Its settings go in by the environment, of which it takes all that begins with EVENTSTORE_. */
  private spawn(): void {
    const binary = process.env['EVENTSTORE_BIN'];
    if (!binary) throw new Error('EVENTSTORE_BIN is not set');
    const { isDurable = false, settings = {} } = this.options;
    this.output = '';
    const child = spawn(binary, [], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        EVENTSTORE_TELEMETRY_OPTOUT: 'true',
        EVENTSTORE_INSECURE: 'true',
        EVENTSTORE_DISABLE_LOG_FILE: 'true',
        EVENTSTORE_NODE_IP: '127.0.0.1',
        EVENTSTORE_NODE_PORT: String(this.port),
        EVENTSTORE_REPLICATION_IP: '127.0.0.1',
        EVENTSTORE_REPLICATION_PORT: String(this.replicationPort),
        ...(isDurable ? { EVENTSTORE_DB: this.folder } : { EVENTSTORE_MEM_DB: 'true' }),
        ...settings,
      },
    });
    const keep = (text: Buffer): void => {
      this.output = (this.output + text.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.child = child;
  }

  /** The state that it gives itself; undefined while it does not answer. */
  async state(): Promise<string | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/info`, {
        signal: AbortSignal.timeout(1_000),
      });
      return ((await response.json()) as { state: string }).state;
    } catch {
      return undefined;
    }
  }

  /** Resolves once it takes writes. @throws Error with the end of its output when it does not */
  async writable(): Promise<void> {
    const limit = performance.now() + START_MS;
    while (!WRITABLE.includes((await this.state()) ?? '')) {
      // A node that finds what the others do not have cuts it off, ends, and expects to be started again.
      const code = this.child?.exitCode;
      if (code === 0 || (code && /truncat/i.test(this.output))) this.spawn();
      if (performance.now() > limit || this.child?.exitCode !== null) {
        throw new Error(`the server did not start:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Gives no time to put anything in order. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again on its ports and its folder; resolves once it takes writes, or follows who does. */
  async restart(): Promise<void> {
    await this.kill();
    this.spawn();
    await this.writable();
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Three EventStoreDB nodes, each with a folder of its own. */
export class KurrentDbCluster {
  private constructor(private readonly nodes: readonly KurrentDbServer[]) {}

  /** Resolves once one of them leads the others. */
  static async start(): Promise<KurrentDbCluster> {
    const ports = await freePorts(6);
    const nodes = await Promise.all(
      [0, 1, 2].map((index) => {
        const others = [0, 1, 2].filter((other) => other !== index);
        return KurrentDbServer.launch({
          isDurable: true,
          ports: [ports[index] ?? 0, ports[index + 3] ?? 0],
          settings: {
            EVENTSTORE_CLUSTER_SIZE: '3',
            EVENTSTORE_DISCOVER_VIA_DNS: 'false',
            EVENTSTORE_GOSSIP_SEED: others.map((other) => `127.0.0.1:${ports[other]}`).join(),
          },
        });
      }),
    );
    const cluster = new KurrentDbCluster(nodes);
    await cluster.settled();
    return cluster;
  }

  /** All three as gossip seeds. */
  get url(): string {
    const seeds = this.nodes.map(({ port }) => `127.0.0.1:${port}`).join();
    return `kurrentdb://${seeds}?tls=false`;
  }

  /** Resolves once one leads and the others follow. */
  async settled(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.writable()));
    await this.leader();
  }

  async leader(): Promise<KurrentDbServer> {
    for (;;) {
      const states = await Promise.all(this.nodes.map((node) => node.state()));
      const leader = this.nodes[states.indexOf('leader')];
      if (leader) return leader;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Ports that nothing listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
