import type { EventStore } from '../../src/event-store/event-store.js';
import { encode } from '../../src/ledger/event-codec.js';

/** Writes the same key into whatever stream: the view of keys can't digest it a second time. */
export async function addKey(store: EventStore, stream = 'key-a'): Promise<void> {
  const occurredAt = '2026-03-02T10:00:00.000Z';
  const data = { keyId: 'a', scope: 'auditor', hash: '00', occurredAt } as const;
  const from = { request: stream, by: { kind: 'operator' }, recordedAt: occurredAt } as const;
  await store.append(stream, 'no-stream', [encode({ type: 'KeyAdded', data }, from)]);
}
