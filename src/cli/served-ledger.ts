import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../event-store/event-store.js';
import type { TrailEntry } from '../audit/audit.queries.js';
import type { Terminal } from '../merchants/domain/merchant.js';
import type { MerchantSettings } from '../merchants/domain/merchant.events.js';
import type { SaleCommand } from '../sales/domain/decide.js';
import { failure, LONG_PATIENCE_MS, type Service, type ServiceAnswer } from './service.js';
import { timeText } from '../ledger/clock.js';
import {
  type HeldMerchant,
  heldIn,
  isMoreThanHeads,
  LEDGER_OF_ITS_OWN,
  PAGE,
  type Played,
  type PlayedLedger,
  type PlayedReversal,
} from './played-ledger.js';

/** A service that is away or asks to wait is asked again so often, with its own pause between. */
const ATTEMPTS = 5;

/** The ledger of the service that owns the data folder, over its API: it needs the sandbox clock. */
export class ServedLedger implements PlayedLedger {
  /** The service reads its clock when a request reaches it. */
  readonly clockNeedsQuiet = true;
  private now: number | undefined;

  constructor(private readonly service: Service) {}

  /** @throws Error saying what to do, when the service has no clock that can be set */
  async setClock(now: number): Promise<void> {
    if (now === this.now) return;
    const to = { now: timeText(now) };
    const answer = await this.ask('PUT', '/v1/sandbox/clock', to, LONG_PATIENCE_MS);
    if (answer.status === 404) throw new Error(ownClock(this.service.url));
    done(answer);
    this.now = now;
  }

  /** Setting the clock has done it. */
  doDue(): Promise<void> {
    return Promise.resolve();
  }

  async find(merchantId: string, terminalId: string): Promise<HeldMerchant | undefined> {
    const path = `/v1/merchants/${merchantId}`;
    const merchant = found(await this.ask('GET', path));
    if (!merchant) return undefined;
    const terminal = found(await this.ask('GET', `${path}/terminals/${terminalId}`));
    return {
      settings: merchant as HeldMerchant['settings'],
      terminal: terminal as HeldMerchant['terminal'],
    };
  }

  async register(merchantId: string, settings: MerchantSettings): Promise<void> {
    done(await this.ask('PUT', `/v1/merchants/${merchantId}`, settings));
  }

  async assign(merchantId: string, { terminalId, storeId }: Terminal): Promise<void> {
    done(await this.ask('PUT', `/v1/merchants/${merchantId}/terminals/${terminalId}`, { storeId }));
  }

  take(sale: SaleCommand): Promise<Played> {
    return this.request('/v1/sales', sale, () => 'sale');
  }

  reverse({ saleId, ...content }: PlayedReversal): Promise<Played> {
    const kind = (body: ServiceAnswer['body']) => body['kind'] as 'void' | 'refund';
    return this.request(`/v1/sales/${saleId}/reversals`, content, kind);
  }

  async head(): Promise<Position> {
    const { projections } = done(await this.ask('GET', '/v1/projections'));
    const [view] = projections as { head: Position }[];
    if (!view) throw new Error('the service keeps no views');
    return view.head;
  }

  hasChangedSince(position: Position): Promise<boolean> {
    return isMoreThanHeads(position, async (after) => {
      const path = `/v1/audit/events?after=${after}&limit=${PAGE}`;
      return done(await this.ask('GET', path))['events'] as TrailEntry[];
    });
  }

  async held(merchantId: string): Promise<bigint> {
    const after = `after=${await this.head()}`;
    const balances = await this.ask('GET', `/v1/merchants/${merchantId}/balances?${after}`);
    const path = `/v1/ledger/trial-balance?merchantId=${merchantId}&${after}`;
    const { accounts } = done(await this.ask('GET', path));
    return heldIn(done(balances) as never, accounts as never);
  }

  private async request(
    path: string,
    content: object,
    kind: (body: ServiceAnswer['body']) => 'sale' | 'void' | 'refund',
  ): Promise<Played> {
    const answer = await this.ask('POST', path, content);
    const { status, headers, body } = answer;
    const replayed = headers.get('idempotency-replayed') === 'true';
    if (body['status'] === 'awaiting-approval') return { awaits: 'approval', replayed };
    if (status === 201) return { kind: kind(body), replayed };
    const isUndecided = status === 401 || status === 429 || status >= 500;
    if (isUndecided || body.code === undefined) throw failure(answer);
    return { refused: body.code, replayed };
  }

  private async ask(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
    patienceMs?: number,
  ): Promise<ServiceAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.service.ask(method, path, body, patienceMs);
      const isAway = answer.status === 429 || answer.status === 503;
      if (!isAway || attempt === ATTEMPTS) return answer;
      await sleep(Number(answer.headers.get('retry-after') ?? 1) * 1_000);
    }
  }
}

/** The body of a success. @throws Error with what a refusal says */
function done(answer: ServiceAnswer): ServiceAnswer['body'] {
  if (answer.status >= 300) throw failure(answer);
  return answer.body;
}

/** The body of what is there; undefined where nothing is. @throws Error with what another refusal says */
function found(answer: ServiceAnswer): ServiceAnswer['body'] | undefined {
  return answer.status === 404 ? undefined : done(answer);
}

function ownClock(url: string): string {
  return [
    `the service at ${url} owns this ledger, and its clock can not be set: recorded trade needs the times of its rows.`,
    'Stop the service, or start it with SANDBOX=on, or import into a ledger of its own:',
    LEDGER_OF_ITS_OWN,
  ].join('\n');
}
