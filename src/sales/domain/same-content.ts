import type { JsonObject, JsonValue } from '../../ledger/domain/json.js';
import type { RequestEvent, RequestKind, SaleEvent } from './sale.events.js';

/** What a request asks, in the form in which two of the same name are compared. */
export interface Fingerprint {
  readonly kind: RequestKind;
  /** The sale it is about; absent where the content says it all. */
  readonly target?: string | undefined;
  /** Every body field as sent, except passwords. */
  readonly content: JsonObject;
}

/** The first event of a request's stream, where the request itself came. */
export type FirstEvent =
  | (SaleEvent & { readonly type: 'Sale' })
  | (RequestEvent & { readonly type: 'RequestTaken' | 'Refused' });

/** Of a time-out reversal the content names its target, too. */
export function fingerprint(
  kind: RequestKind,
  target: string | undefined,
  content: JsonObject,
): Fingerprint {
  return kind === 'timeout-reversal' ? { kind, content } : { kind, target, content };
}

/** What the first event of a request's stream was asked to be. */
export function fingerprintOf(event: FirstEvent): Fingerprint {
  if (event.type !== 'Sale') {
    const { kind, target, content } = event.data;
    return fingerprint(kind, target, content);
  }
  const { data } = event;
  const content = {
    merchantId: data.merchantId,
    terminalId: data.terminalId,
    batchNo: data.batchNo,
    stan: data.stan,
    amount: data.amount,
    currency: data.currency,
    card: { ...data.card },
    authCode: data.authCode,
    operatorId: data.operatorId,
    transactedAt: data.transactedAt,
  };
  return { kind: 'sale', content };
}

/** The fields in which two requests of one name differ, as `card.token`; none when one repeats the other. */
export function differingFields(first: Fingerprint, second: Fingerprint): string[] {
  const a = leaves({ kind: first.kind, saleId: first.target, ...first.content });
  const b = leaves({ kind: second.kind, saleId: second.target, ...second.content });
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name) !== b.get(name)).sort();
}

function leaves(content: JsonObject, prefix = ''): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(content)) {
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, leaf] of leaves(value as JsonObject, `${prefix}${name}.`)) {
        found.set(inner, leaf);
      }
    } else {
      found.set(`${prefix}${name}`, Array.isArray(value) ? JSON.stringify(value) : value);
    }
  }
  return found;
}
