import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { isLoopback, SettingsError } from '../../config.js';
import { withoutPassword } from '../store-url.js';
import { isOfConnection } from './faults.js';

/**
 * The client reads through threads of its own, whose sockets hold small parts back until the server has acknowledged those before:
 * where one thread sends the head of a request and another its body, a read of one millisecond takes forty more. A single
 * thread sends both at once. It has to be said before the first client is made, wherever that is.
 */
process.env['TOKIO_WORKER_THREADS'] ??= '1';

/**
 * Of what has not been written yet when its connection breaks the client rejects two promises: the append's, and one that nobody
 * has; another of these where it finds no server just as a stream of it breaks. By that the thread would end, and with it all
 * that is under way and may still be done.
 */
process.on('unhandledRejection', (reason) => {
  if (!isOfConnection(reason)) throw reason;
});

/** How long the server may take for one request, unless the connection string's `defaultDeadline` says otherwise. */
const DEADLINE_MS = 10_000;

/**
 * How the client looks for a server, unless the connection string says it: for a second, as its part that appends does anyway.
 * The first request of its part that reads waits for one interval.
 */
const DISCOVERY = 'discoveryInterval=100&maxDiscoverAttempts=10';

const FORM =
  /^(?:esdb|kurrentdb)(?<discover>\+discover)?:\/\/(?:(?<user>[^:@/]+):(?<password>[^@/]+)@)?(?<hosts>[^/?@]+)\/?(?:\?(?<options>.*))?$/;

export interface Connection {
  readonly client: KurrentDBClient;
  readonly deadlineMs: number;
}

/**
 * A connection as the connection string says: TLS, credentials, seeds and keep-alive are all in it.
 * Nothing is sent before the first request.
 * @throws SettingsError naming what is wrong with it, without the password
 */
export function connect(url: string): Connection {
  const { options } = partsOf(url);
  refuseUnfit(options);
  const deadline = Number(options.get('defaultDeadline') ?? DEADLINE_MS);
  const { warn } = console;
  // Of an option that it does not know the client warns, and repeats the whole string.
  console.warn = (message: unknown) => {
    warn(`EVENT_STORE_URL: ${firstLine(String(message))}`);
  };
  try {
    // The client says that `esdb:` is out of date; both names remain good here.
    const own = url.replace(/^esdb/, 'kurrentdb');
    const client = KurrentDBClient.connectionString(withDiscovery(own, options));
    return { client, deadlineMs: deadline };
  } catch (error) {
    throw cantBeUsed(reasonIn((error as Error).message));
  } finally {
    console.warn = warn;
  }
}

const REFUSED = [
  {
    // The ledger decides by conflicts: a client that passes over them does not say what became of an append.
    option: 'throwOnAppendFailure',
    isFit: (value: string) => value === 'true',
    need: 'true',
  },
  {
    // The client's part that reads takes its first look for a server too early to find one.
    option: 'maxDiscoverAttempts',
    isFit: (value: string) => !(Number(value) < 2),
    need: '2 or more',
  },
];

/** The client takes an option's name in any case. */
function refuseUnfit(options: URLSearchParams): void {
  for (const { option, isFit, need } of REFUSED) {
    const isUnfit = [...options].some(
      ([name, value]) => name.toLowerCase() === option.toLowerCase() && !isFit(value),
    );
    if (isUnfit) throw cantBeUsed(`${option} has to be ${need}`);
  }
}

function withDiscovery(url: string, options: URLSearchParams): string {
  const isSaid = [...options.keys()].some((name) => /discover/i.test(name));
  if (isSaid) return url;
  const between = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&';
  return `${url}${between}${DISCOVERY}`;
}

function cantBeUsed(why: string): SettingsError {
  return new SettingsError(`EVENT_STORE_URL can't be used: ${why}`);
}

/** Of a port or a sign that no URL may have there the client says no more than the string itself. */
function reasonIn(message: string): string {
  return FORM.test(message) ? ILLEGIBLE : firstLine(message);
}

const ILLEGIBLE =
  'a port ends at 65535, and a sign of user or password other than letters, digits, - . _ and ~ is written as its code: % as %25, # as %23';

/** The client's own words of what is wrong; it repeats the whole string below them. */
function firstLine(message: string): string {
  return withoutPassword(message.split('\n')[0] ?? '');
}

/** A client that could not do what it was asked is made anew no sooner than after so long. */
const RENEW_AFTER_MS = 2_000;

/** What is under way on the one before may end by itself for so long. */
const LET_GO_AFTER_MS = 10_000;

/**
 * A client that is made anew where it does not find its way back by itself. When a leader is lost, its part that reads may stay
 * with a server that follows, and every question for the leader fails then, though there is one. Its part that appends, once it
 * has looked for a server in vain, says so for ever; and it stays with a server that refuses each append by itself.
 */
export class RenewableClient {
  private current: Connection;
  private madeAt = performance.now();
  private readonly older = new Set<KurrentDBClient>();

  /** @throws as `connect` */
  constructor(private readonly url: string) {
    this.current = connect(url);
  }

  get client(): KurrentDBClient {
    return this.current.client;
  }

  get deadlineMs(): number {
    return this.current.deadlineMs;
  }

  renew(): void {
    if (performance.now() - this.madeAt < RENEW_AFTER_MS) return;
    const before = this.client;
    this.older.add(before);
    this.madeAt = performance.now();
    this.current = connect(this.url);
    setTimeout(() => void this.letGo(before), LET_GO_AFTER_MS).unref();
  }

  async close(): Promise<void> {
    await Promise.all([this.client.dispose(), ...[...this.older].map((one) => this.letGo(one))]);
  }

  private async letGo(client: KurrentDBClient): Promise<void> {
    if (this.older.delete(client)) await client.dispose().catch(() => undefined);
  }
}

/** What whoever runs the service should know about the connection; nothing when it is in order. */
export function warningsOf(url: string): string[] {
  const { user, password, hosts, options } = partsOf(url);
  if (hosts.every((host) => isLoopback(host.replace(/^\[|\]$/g, '')))) return [];
  const warnings: string[] = [];
  if (user === 'admin' && password === 'changeit') {
    warnings.push(
      `EVENT_STORE_URL has the default credentials for ${hosts.join(', ')}: anyone can write to it`,
    );
  }
  if (options.get('tls') === 'false') {
    warnings.push(
      `EVENT_STORE_URL turns TLS off for ${hosts.join(', ')}: nothing is encrypted, and no password asked for`,
    );
  }
  return warnings;
}

interface Parts {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly hosts: readonly string[];
  readonly options: URLSearchParams;
}

function partsOf(url: string): Parts {
  const parts = FORM.exec(url)?.groups;
  if (!parts) {
    const form = 'kurrentdb://[user:password@]host:port[,host:port…][?option=value&…]';
    throw new SettingsError(`EVENT_STORE_URL is no connection string; allowed: ${form}`);
  }
  return {
    user: decoded(parts['user']),
    password: decoded(parts['password']),
    hosts: (parts['hosts'] ?? '').split(',').map((host) => host.replace(/:\d+$/, '')),
    options: new URLSearchParams(parts['options']),
  };
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part && decodeURIComponent(part);
  } catch {
    throw cantBeUsed(ILLEGIBLE);
  }
}
