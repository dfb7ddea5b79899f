import { type Position, START } from '../event-store/event-store.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import { type Clock, timeText } from '../ledger/clock.js';
import type { Actor, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import { OneAtATime } from '../ledger/one-at-a-time.js';
import { type CardEvent, type CardStatus, evolveCard } from './domain/card.js';

/** Cards reported lost, frozen or cancelled. A card that is already so writes nothing. */
export class CardsCommandHandler {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /** With the position of its last change; the log's beginning for a card that nobody has reported. */
  async status(token: string): Promise<{ status: CardStatus; position: Position }> {
    const events = await this.journal.read(streams.card(token));
    return { status: foldCard(events), position: events.at(-1)?.position ?? START };
  }

  setStatus(
    token: string,
    status: CardStatus,
    by: Actor,
  ): Promise<{ status: CardStatus; position: Position }> {
    return this.turns.run(token, async () => {
      const position = await decidedAnew(() => this.set(token, status, by));
      return { status, position };
    });
  }

  private async set(token: string, status: CardStatus, by: Actor): Promise<Position> {
    const events = await this.journal.read(streams.card(token));
    const last = events.at(-1);
    if (foldCard(events) === status) return last?.position ?? START;
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
