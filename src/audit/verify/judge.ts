import { canonicalJson } from '../../ledger/canonical-json.js';
import type { LedgerEvent } from '../../ledger/domain/ledger-event.js';
import type { Refusal } from '../../sales/domain/refusal.js';
import type { Fault, FaultCode } from './fault.js';
import { isSameJson } from './same-json.js';

/** What is wrong with an event, where something is. */
export interface Finding {
  readonly code: FaultCode;
  readonly detail: string;
}

/** What is found once the log has been read, and of which event, where it is of one. */
export type PlacedFinding = Finding & Pick<Fault, 'position' | 'stream'>;

/** What the rules make of what the event says was asked. */
export type Ruling = { readonly event: LedgerEvent | undefined } | { readonly refusal: Refusal };

export const NO_MERCHANT = 'its merchant was never registered';
export const NO_SALE = 'there is no sale in its stream';

/** It is not what its request was, or was to be. */
export function wrong(detail: string): Finding {
  return { code: 'request', detail };
}

/** It is not what the batch comes to. */
export function unlike(detail: string): Finding {
  return { code: 'batch', detail };
}

export function illegal(detail: string): Finding {
  return { code: 'illegal', detail };
}

/**
 * Holds an event against what the rules say: by whatever was known to whoever decided it, the present first, whose
 * ruling is told where none of them agrees. `mayLack`: what an older version may not have said.
 */
export function held<K>(
  event: LedgerEvent,
  known: readonly K[],
  rule: (known: K) => Ruling,
  nobody: string,
  mayLack: readonly string[] = [],
): Finding | undefined {
  let first: Ruling | undefined;
  for (const each of known) {
    const ruling = rule(each);
    if ('event' in ruling && ruling.event && isSame(ruling.event, event, mayLack)) return undefined;
    first ??= ruling;
  }
  return illegal(first ? difference(event, first, mayLack) : nobody);
}

function isSame(ruled: LedgerEvent, event: LedgerEvent, mayLack: readonly string[]): boolean {
  if (ruled.type !== event.type) return false;
  return isSameJson(ruled.data, event.data) || differing(ruled, event, mayLack).length === 0;
}

/** The fields of either that the other has not, or has otherwise. */
function differing(ruled: LedgerEvent, event: LedgerEvent, mayLack: readonly string[]): string[] {
  const by = fieldsOf(ruled);
  const said = fieldsOf(event);
  const names = [...new Set([...Object.keys(said), ...Object.keys(by)])];
  return names.filter((name) => {
    if (said[name] === undefined && mayLack.includes(name)) return false;
    return !isSameJson(by[name], said[name]);
  });
}

/** What the event says and nothing else: what was put in may be called as something that every object has. */
function fieldsOf({ data }: LedgerEvent): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, data);
}

function difference(event: LedgerEvent, ruling: Ruling, mayLack: readonly string[]): string {
  if ('refusal' in ruling) {
    const { code, detail } = ruling.refusal;
    return `the rules refuse it (${code}): ${detail.en}`;
  }
  if (!ruling.event) return 'by the rules there was nothing to do';
  if (ruling.event.type !== event.type) return `the rules make it ${ruling.event.type}`;
  const ruled = fieldsOf(ruling.event);
  const said = fieldsOf(event);
  const fields = differing(ruling.event, event, mayLack).map(
    (name) => `${name} ${shown(said[name])}, not ${shown(ruled[name])}`,
  );
  return `by the rules it would say otherwise: ${fields.join('; ')}`;
}

export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** As `shown`, with the names of fields in order. */
export function shownInOrder(value: unknown): string {
  return value === undefined ? 'nothing' : canonicalJson(value as object);
}

/** Every pair of one of each. */
export function pairs<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  if (a.length === 1 && b.length === 1) return [[a[0] as A, b[0] as B]];
  return a.flatMap((one) => b.map((other): [A, B] => [one, other]));
}
