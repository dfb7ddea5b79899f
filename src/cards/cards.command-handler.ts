import { ConflictError, type Position, START } from '../event-store/event-store.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { type CardEvent, type CardStatus, evolveCard } from './domain/card.js';

const ATTEMPTS = 5;

/** Cards reported lost, frozen or cancelled. A card that is already so writes nothing. */
export class CardsCommandHandler {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  setStatus(
    token: string,
    status: CardStatus,
    by: Actor,
  ): Promise<{ status: CardStatus; position: Position }> {
    return this.turns.run(token, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return { status, position: await this.set(token, status, by) };
        } catch (error) {
          // Another node was faster.
          if (!(error instanceof ConflictError) || attempt === ATTEMPTS) throw error;
        }
      }
    });
  }

  private async set(token: string, status: CardStatus, by: Actor): Promise<Position> {
    const events = await this.journal.read(streams.card(token));
    const last = events.at(-1);
    if (foldCard(events) === status) return (last?.position ?? START) as Position;
    const occurredAt = timeText(this.clock.now());
    const event: CardEvent =
      status === 'active'
        ? { type: 'CardRestored', data: { token, occurredAt } }
        : { type: 'CardReported', data: { token, status, occurredAt } };
    const expected = last?.revision ?? 'no-stream';
    const origin = { request: token, by };
    return (await this.journal.append(streams.card(token), expected, [event], origin)).position;
  }
}

export function foldCard(events: readonly RecordedEvent[]): CardStatus {
  return events.reduce<CardStatus>(
    (status, { event }) => evolveCard(status, event as CardEvent),
    'active',
  );
}
