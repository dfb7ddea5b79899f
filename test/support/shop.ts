import { randomBytes } from 'node:crypto';
import type { Answer, HttpClient } from './http-client.js';

export const CARD = { token: 'tok_visa_4242', last4: '4242', scheme: 'visa', type: 'credit' };

type Named = Pick<ReturnType<Shop['request']>, 'batchNo' | 'stan'>;

/** A merchant of a test's own, with one terminal, that sends requests with rising STANs. */
export class Shop {
  readonly terminalId = 'T1';
  readonly storeId = 'S1';
  /** The batch that requests go into unless they say otherwise. */
  batchNo = '000001';
  private lastStan = 0;

  private constructor(
    private readonly ledger: HttpClient,
    readonly merchantId: string,
  ) {}

  /** Registers it under a name that no other test has. `settings` beside name, currency and zone. */
  static async open(ledger: HttpClient, settings: object = {}): Promise<Shop> {
    const shop = new Shop(ledger, `M${randomBytes(6).toString('hex')}`);
    expectStatus(await shop.set(settings), 201);
    expectStatus(await shop.assign(shop.terminalId, shop.storeId), 201);
    return shop;
  }

  /** The same merchant at another node: STANs from a range of its own. */
  through(ledger: HttpClient): Shop {
    const shop = new Shop(ledger, this.merchantId);
    shop.batchNo = this.batchNo;
    shop.lastStan = 500_000 + this.lastStan;
    return shop;
  }

  get path(): string {
    return `/v1/merchants/${this.merchantId}`;
  }

  set(settings: object = {}): Promise<Answer> {
    const required = { name: 'Corner shop', currency: 'EUR', timeZone: 'UTC' };
    return this.ledger.put(this.path, { ...required, ...settings });
  }

  assign(terminalId: string, storeId: string, currency?: string): Promise<Answer> {
    const body = { storeId, ...(currency !== undefined && { currency }) };
    return this.ledger.put(`${this.path}/terminals/${terminalId}`, body);
  }

  /** A name for the next request. */
  request(): { merchantId: string; terminalId: string; batchNo: string; stan: string } {
    this.lastStan += 1;
    const { merchantId, terminalId, batchNo } = this;
    return { merchantId, terminalId, batchNo, stan: String(this.lastStan).padStart(6, '0') };
  }

  saleBody(fields: object = {}) {
    return { ...this.request(), amount: 10_000, currency: 'EUR', card: CARD, ...fields };
  }

  /** A sale that is taken: what it was answered. */
  async sell(fields: object = {}): Promise<Answer['body']> {
    return expectStatus(await this.trySale(fields), 201).body;
  }

  trySale(fields: object = {}): Promise<Answer> {
    return this.ledger.post('/v1/sales', this.saleBody(fields));
  }

  void(saleId: string, fields: object = {}, headers = {}): Promise<Answer> {
    return this.giveBack('voids', saleId, fields, headers);
  }

  refund(saleId: string, fields: object = {}, headers = {}): Promise<Answer> {
    return this.giveBack('refunds', saleId, fields, headers);
  }

  reverse(saleId: string, fields: object = {}, headers = {}): Promise<Answer> {
    return this.giveBack('reversals', saleId, fields, headers);
  }

  /** Asks for a request to be undone, as a terminal does that has had no answer to it. */
  timeOut({ batchNo, stan }: Named, fields: object = {}): Promise<Answer> {
    const body = { ...this.request(), original: { batchNo, stan }, ...fields };
    return this.ledger.post('/v1/timeout-reversals', body);
  }

  /** What became of a request. */
  async outcomeOf({ batchNo, stan }: Named): Promise<Answer['body']> {
    const { merchantId, terminalId } = this;
    return (await this.ledger.get(`/v1/requests/${merchantId}/${terminalId}/${batchNo}/${stan}`))
      .body;
  }

  private giveBack(what: string, saleId: string, fields: object, headers: object): Promise<Answer> {
    const body = { ...this.request(), reason: 'wrong amount', ...fields };
    return this.ledger.post(`/v1/sales/${saleId}/${what}`, body, { ...headers });
  }

  batchPath(batchNo = this.batchNo, terminalId = this.terminalId): string {
    return `${this.path}/terminals/${terminalId}/batches/${batchNo}`;
  }

  closeBatch(body: object = {}, batchNo = this.batchNo): Promise<Answer> {
    return this.ledger.post(`${this.batchPath(batchNo)}/close`, body);
  }

  dayClose(body: object = {}): Promise<Answer> {
    return this.ledger.post(`${this.path}/day-close`, body);
  }
}

/** What a terminal calls the request of this name. */
export function requestOf(name: string): Named {
  const [, , batchNo = '', stan = ''] = name.split('.');
  return { batchNo, stan };
}

/** The answer, when it has the status. @throws Error with what it says instead */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) {
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  }
  return answer;
}
