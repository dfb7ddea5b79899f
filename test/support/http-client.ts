import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'lossless-json';
import type { OpenApiCheck } from './open-api-check.js';

/** What a server said. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The JSON of it; undefined when it is of another content type. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test knows what it asked for
  readonly body: any;
}

export interface SendOptions {
  /** Sent as JSON; a string and bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that many suites share may keep a service waiting longer than it waits. */
const SENT_AGAIN = 10;

/** Sends what it is told, byte for byte, and holds every answer against the server's own OpenAPI document. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(
    readonly url: string,
    private readonly check?: OpenApiCheck,
    /** Sent with every request. */
    private readonly always: SendOptions['headers'] = {},
  ) {}

  /** The same server, asked with a key. */
  as(key: string): HttpClient {
    return new HttpClient(this.url, this.check, { authorization: `Bearer ${key}` });
  }

  /** Asks again where the service says to, but where the question is about being behind. */
  get(path: string, headers: SendOptions['headers'] = {}): Promise<Answer> {
    const ask = (): Promise<Answer> => this.send('GET', path, { headers });
    return path.includes('after=') ? ask() : patiently(ask);
  }

  put(path: string, body: unknown, headers: SendOptions['headers'] = {}): Promise<Answer> {
    return this.send('PUT', path, { body, headers });
  }

  /** Without a body nothing is sent at all. */
  post(path: string, body?: unknown, headers: SendOptions['headers'] = {}): Promise<Answer> {
    return this.send('POST', path, { body, headers });
  }

  /** @throws Error when the answer is not as the OpenAPI document says */
  async send(method: string, path: string, options: SendOptions = {}): Promise<Answer> {
    const answer = await this.exchange(method, path, options);
    this.check?.check(method, path, answer);
    return answer;
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(
    method: string,
    path: string,
    { body, headers = {} }: SendOptions,
  ): Promise<Answer> {
    const isAsItIs = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const sent = isAsItIs ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const type = sent === undefined ? {} : { 'content-type': 'application/json' };
      const length = { 'content-length': String(Buffer.byteLength(sent ?? '')) };
      const outgoing = request(
        new URL(this.url),
        {
          method,
          path,
          agent: this.agent,
          headers: { ...type, ...length, ...this.always, ...headers },
        },
        (incoming) => {
          text(incoming).then((received) => {
            const { statusCode = 0, headers: answered } = incoming;
            resolve({
              status: statusCode,
              headers: answered,
              text: received,
              body: jsonOf(answered['content-type'], received),
            });
          }, reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(sent);
    });
  }
}

/** Sends it again, after as long as the answer says, while the service can't tell yet; the last answer then. */
export async function patiently(send: () => Promise<Answer>): Promise<Answer> {
  for (let again = SENT_AGAIN; ; again -= 1) {
    const answer = await send();
    const seconds = answer.headers['retry-after'];
    if (answer.status !== 503 || seconds === undefined || again === 0) return answer;
    await delay(Number(seconds) * 1_000);
  }
}

/** The fields that a problem document finds malformed. */
export function malformedFields({ body }: Answer): string[] {
  return (body.errors as { field: string }[]).map(({ field }) => field);
}

/** Whole numbers too large for a double come as bigint. */
function jsonOf(contentType: string | undefined, received: string): unknown {
  if (!/[/+]json\b/.test(contentType ?? '') || received === '') return undefined;
  return parse(received, undefined, (digits) => {
    const number = Number(digits);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? BigInt(digits) : number;
  });
}
