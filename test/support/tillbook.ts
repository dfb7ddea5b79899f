import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { HttpClient, patiently } from './http-client.js';
import { OpenApiCheck } from './open-api-check.js';
import { afterSuite, newFolder } from './store-folder.js';
import { storeSettings } from './store-settings.js';

/** Where the service is as it is shipped: build it first (`npm run compile`). */
const PROJECT = join(import.meta.dirname, '../..');
const MAIN = 'dist/bundle/main.js';

/** Monday morning, far from every cut-off. */
export const MORNING = '2026-03-02T10:00:00.000Z';

const LISTENING = /Tillbook answers at (\S+), /;

export interface StartOptions {
  /** Settings beside those that every test needs; an undefined one is not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of the log and the views; a new one without it. */
  readonly folder?: string;
  /** Where the clock is put; it runs on with `running`. */
  readonly clock?: string;
  /** Of an operator, where the service asks for keys. */
  readonly key?: string;
  /** The folder that the program is in: the project's without it. */
  readonly program?: string;
}

/** A service that has not ended by then, when told to, does not end. */
const PATIENCE_MS = 20_000;

/** The service's process, whatever becomes of it. */
export class ServiceProcess {
  /** All that it has written so far, to both outputs. */
  output = '';
  readonly folder: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | string>;

  /** On a free port of the loopback address. */
  constructor({ env = {}, folder = newFolder(), program = PROJECT }: StartOptions = {}) {
    this.folder = folder;
    const settings = {
      ...storeSettings(folder),
      PORT: '0',
      SANDBOX: 'on',
      LOG_LEVEL: 'debug',
      PATH: process.env['PATH'],
      ...env,
    };
    this.child = spawn(process.execPath, [join(program, MAIN)], { cwd: folder, env: settings });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => (code ?? signal) as number);
    afterSuite(() => this.stop());
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the process did not start');
    return this.child.pid;
  }

  /** The address that it serves. @throws Error with its output when it ends before */
  async listening(): Promise<string> {
    const [, url = ''] = await this.writes(LISTENING);
    return url;
  }

  /** Resolves once it has written this. @throws Error with its output when it ends before */
  async writes(wanted: string | RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const found = this.output.match(wanted);
      if (found) return found;
      const more = [this.child.stdout, this.child.stderr].map((stream) =>
        once(stream as NodeJS.ReadableStream, 'data').then(() => undefined),
      );
      const end = await Promise.race([...more, this.ended]);
      if (end !== undefined) throw new Error(`the service ended with ${end}: ${this.output}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Nobody reads what it writes from here on. */
  closeOutputs(): void {
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.destroy();
  }

  /** Its exit code, or the signal that ended it. */
  exit(): Promise<number | string> {
    return this.ended;
  }

  /** Ends it as Kubernetes does, if it still runs. @throws Error when it does not end well */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.signal('SIGKILL');
    }, PATIENCE_MS);
    const end = await this.ended;
    clearTimeout(timer);
    if (end !== 0) throw new Error(`the service ended with ${end}: ${this.output}`);
  }

  /** Gives it no time to put anything in order. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

/** By what decides which routes a service has: its document says the same after each start. */
const checks = new Map<string | undefined, OpenApiCheck>();

async function checkOf(url: string, { env }: StartOptions): Promise<OpenApiCheck> {
  const sandbox = env?.['SANDBOX'];
  const known = checks.get(sandbox);
  if (known) return known;
  const plain = new HttpClient(url);
  const { body } = await plain.get('/openapi.json');
  plain.close();
  const check = new OpenApiCheck(body);
  checks.set(sandbox, check);
  return check;
}

/** A running service, ended after the suite, and a client that holds its answers against its own OpenAPI document. */
export class Tillbook extends HttpClient {
  private constructor(
    readonly service: ServiceProcess,
    url: string,
    check: OpenApiCheck,
    key: string | undefined,
  ) {
    super(url, check, key === undefined ? {} : { authorization: `Bearer ${key}` });
  }

  static async start(options: StartOptions = {}): Promise<Tillbook> {
    const service = new ServiceProcess(options);
    const url = await service.listening();
    const tillbook = new Tillbook(service, url, await checkOf(url, options), options.key);
    const { clock = MORNING } = options;
    if (clock !== 'running') await tillbook.setClock(clock);
    return tillbook;
  }

  /** The ledger's clock stands there from then on; what is due by then has been done. */
  async setClock(now: string): Promise<void> {
    const { status, text } = await patiently(() => this.put('/v1/sandbox/clock', { now }));
    if (status !== 200) {
      throw new Error(`the clock could not be set: ${text}\n${this.service.output}`);
    }
  }

  /** The same log and views in a new process. */
  async restart(options: Omit<StartOptions, 'folder'> = {}): Promise<Tillbook> {
    this.close();
    await this.service.stop();
    return Tillbook.start({ ...options, folder: this.service.folder });
  }
}
