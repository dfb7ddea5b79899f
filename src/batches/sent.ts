import { createHash } from 'node:crypto';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { StoredTotals } from './domain/batch.events.js';
import type { TerminalSide } from './domain/reconcile.js';

/**
 * What is kept of a terminal's side that was compared after the close. Of its items a digest: with all that differs they
 * might be more than a store takes at once.
 */
export interface Sent {
  readonly totals?: StoredTotals;
  /** SHA-256 of their canonical JSON, base64url. */
  readonly itemsDigest?: string;
}

/** As it was sent, or as it is kept. */
export type SentOrKept = TerminalSide & { readonly itemsDigest?: string | undefined };

/** By which it is known again. */
export function sentOf({ totals, items, itemsDigest = digestOf(items) }: SentOrKept): Sent {
  return { ...(totals && { totals }), ...(itemsDigest !== undefined && { itemsDigest }) };
}

function digestOf(items: TerminalSide['items']): string | undefined {
  return items && createHash('sha256').update(canonicalJson(items)).digest('base64url');
}
