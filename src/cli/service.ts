import type { Settings } from '../config.js';
import { ownedFolder, ownerOf } from '../event-store/open-event-store.js';
import { parseExactly } from '../http/json.js';
import { wordsOf } from './checked.js';

/** Longer than a service tries that has lost its store, and than it waits for its views. */
const PATIENCE_MS = 30_000;

/** For what is all done before the answer: batches that are closed, payouts. */
export const LONG_PATIENCE_MS = 300_000;

/** What a service answered. Whole numbers too large for a double are bigint. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly code?: string;
    readonly detail?: string;
    readonly errors?: readonly { readonly field: string; readonly message: string }[];
  };
}

/** The service that owns the data folder, as a verb of the tool asks it. */
export class Service {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** The answer's body. @throws Error with what a refusal says */
  async send<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    patienceMs = PATIENCE_MS,
  ): Promise<T> {
    const answer = await this.ask(method, path, body, patienceMs);
    if (answer.status < 300) return answer.body as T;
    throw failure(answer);
  }

  /** The answer, whatever it is. @throws Error where none comes in time */
  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    patienceMs = PATIENCE_MS,
  ): Promise<ServiceAnswer> {
    const answered = fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        // What no header can hold is no key either: the service says so.
        ...(this.key !== '' && { authorization: `Bearer ${encodeURI(this.key.trim())}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    }).then(async (response) => ({ response, text: await response.text() }));
    const { response, text } = await answered.catch((cause: unknown) => {
      const isLate = (cause as Error).name === 'TimeoutError';
      const within = isLate ? ` within ${patienceMs / 1_000} s` : '';
      const open =
        isLate && method !== 'GET' ? '; whether it does what was asked is not known' : '';
      throw new Error(`the service at ${this.url} does not answer${within}${open}`, { cause });
    });
    const { status, headers } = response;
    return { status, headers, body: parseExactly(text) as ServiceAnswer['body'] };
  }
}

/** What a refusal says, as an error. */
export function failure({ status, body }: ServiceAnswer): Error {
  const hint = status === 401 ? ' Put an operator key into LEDGER_KEY.' : '';
  const fields = body.errors ? ` ${wordsOf(body.errors)}` : '';
  return new Error(`${body.detail ?? `the service answered ${status}`}${fields}${hint}`);
}

/** The service that owns the folder of the settings, if one does. */
export function runningService(settings: Settings): Service | undefined {
  const owner = ownerOf(ownedFolder(settings.EVENT_STORE_URL, settings.VIEWS_DIR));
  return owner?.url === undefined ? undefined : new Service(owner.url, settings.LEDGER_KEY);
}
