import type { Settings } from '../config.js';
import { ownedFolder, ownerOf } from '../event-store/open-event-store.js';

/** The service that owns the data folder, as a verb of the tool asks it. */
export class Service {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** The answer's body. @throws Error with what a refusal says */
  async send<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(this.key !== '' && { authorization: `Bearer ${this.key}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T & { detail?: string };
    if (response.ok) return answer;
    const hint = response.status === 401 ? ' Put an operator key into LEDGER_KEY.' : '';
    throw new Error(`${answer.detail ?? `the service answered ${response.status}`}${hint}`);
  }
}

/** The service that owns the folder of the settings, if one does. */
export function runningService(settings: Settings): Service | undefined {
  const owner = ownerOf(ownedFolder(settings.EVENT_STORE_URL, settings.VIEWS_DIR));
  return owner?.url === undefined ? undefined : new Service(owner.url, settings.LEDGER_KEY);
}
