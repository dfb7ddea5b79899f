import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from '@jest/globals';
import { freePorts, spawnEventStore, stateOf, urlOf } from './eventstore-process.js';
import { afterSuite } from './store-folder.js';

const START_MS = 120_000;

/** States in which a node takes writes, or has a leader that does. */
const WRITABLE = ['leader', 'follower'];

/** Whether suites that stop and start a server of their own can run. */
const canStartServers = Boolean(process.env['EVENTSTORE_BIN']);

/** A suite that does things to servers of its own. */
export function onOwnServer(title: string, body: () => void): void {
  if (canStartServers) describe(title, body);
  else {
    describe(title, () => {
      it.skip('left out: no EventStoreDB to start: set EVENTSTORE_BIN to its binary', () =>
        undefined);
    });
  }
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
    return urlOf(this.port);
  }

  private spawn(): void {
    const { isDurable = false, settings = {} } = this.options;
    this.output = '';
    const child = spawnEventStore({
      port: this.port,
      replicationPort: this.replicationPort,
      folder: isDurable ? this.folder : undefined,
      settings,
    });
    const keep = (text: Buffer): void => {
      this.output = (this.output + text.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('close', (code) => {
      if (this.child !== child) return;
      this.child = undefined;
      // A node that finds what the others do not have cuts it off, ends, and expects to be started again.
      if (code === 0 || (code && /truncat/i.test(this.output))) this.spawn();
    });
    this.child = child;
  }

  /** The state that it gives itself; undefined while it does not answer. */
  state(): Promise<string | undefined> {
    return stateOf(this.port);
  }

  /** Resolves once it takes writes. @throws Error with the end of its output when it does not */
  async writable(): Promise<void> {
    const limit = performance.now() + START_MS;
    while (!WRITABLE.includes((await this.state()) ?? '')) {
      if (performance.now() > limit || !this.child) {
        throw new Error(`the server did not start:\n${this.output}`);
      }
      await pause(100);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Gives no time to put anything in order. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
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
            // On a busy machine a node is slow, not gone.
            EVENTSTORE_GOSSIP_TIMEOUT_MS: '10000',
            EVENTSTORE_REPLICATION_HEARTBEAT_TIMEOUT: '5000',
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

  /** @throws Error when none of them leads the others in time */
  async leader(): Promise<KurrentDbServer> {
    for (const limit = performance.now() + START_MS; ;) {
      const states = await Promise.all(this.nodes.map((node) => node.state()));
      const leader = this.nodes[states.indexOf('leader')];
      if (leader) return leader;
      if (performance.now() > limit) throw new Error(`no node leads: ${states.join()}`);
      await pause(100);
    }
  }
}
