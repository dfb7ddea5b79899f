import type { EventStore } from '../../src/event-store/event-store.js';
import type { CardEvent } from '../../src/cards/domain/card.js';
import { encode } from '../../src/ledger/event-codec.js';

const OCCURRED_AT = '2026-03-02T10:00:00.000Z';

/** Writes that so many cards were reported: the simplest facts there are, each in a stream of its own. */
export async function reportCards(store: EventStore, count: number, from = 0): Promise<void> {
  const appends = Array.from({ length: count }, (_, index) => {
    const token = `card${from + index}`;
    const data = { token, status: 'lost', occurredAt: OCCURRED_AT } as const;
    return append(store, `card-${token}`, { type: 'CardReported', data });
  });
  await Promise.all(appends);
}

export async function restoreCard(store: EventStore, token: string): Promise<void> {
  await append(store, `card-${token}`, {
    type: 'CardRestored',
    data: { token, occurredAt: OCCURRED_AT },
  });
}

/** An event that no version of the ledger has written. */
export async function appendUnreadable(
  store: EventStore,
  data = '{"token":"card"}',
): Promise<void> {
  const event = { id: 'f3b1c1f7-0000-5000-8000-000000000000', type: 'Forgotten' };
  await store.append('card-unreadable', 'any', [{ ...event, data, metadata: '{"version":1}' }]);
}

async function append(store: EventStore, stream: string, event: CardEvent): Promise<void> {
  const from = { request: stream, by: { kind: 'operator' }, recordedAt: OCCURRED_AT } as const;
  await store.append(stream, 'any', [encode(event, from)]);
}
