import type { Settings } from '../config.js';
import { ownedFolder, ownerOf } from '../event-store/open-event-store.js';
import { parseExactly } from '../http/json.js';
import { wordsOf } from './checked.js';

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
  ): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status < 300) return answer.body as T;
    throw failure(answer);
  }

  /** The answer, whatever it is. */
  async ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<ServiceAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        // What no header can hold is no key either: the service says so.
        ...(this.key !== '' && { authorization: `Bearer ${encodeURI(this.key.trim())}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Error(`the service at ${this.url} does not answer`, { cause: error });
    });
    const { status, headers } = response;
    const answer = parseExactly(await response.text());
    return { status, headers, body: answer as ServiceAnswer['body'] };
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
