import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
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
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Each time the service has waited for seconds. */
const ASKED_AGAIN = 5;

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

  /** Where views are behind, as on a busy machine, it asks again, but where the question is about being behind. */
  async get(path: string, headers: SendOptions['headers'] = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.send('GET', path, { headers });
      const isBehind = answer.status === 503 && answer.body?.code === 'view-behind';
      if (!isBehind || path.includes('after=') || attempt === ASKED_AGAIN) return answer;
    }
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
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
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
