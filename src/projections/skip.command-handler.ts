import type { Clock } from '../ledger/clock.js';
import { timeText } from '../ledger/clock.js';
import { decidedAnew } from '../ledger/decided-anew.js';
import type { Actor, EventData, RecordedEvent } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { ProjectionState } from './follower.js';

type Skipped = EventData<'EventSkipped'>;

/** A view, and the event that it is to leave out. */
export interface SkipEvent {
  readonly name: string;
  /** Where the view has stopped. */
  readonly position: string;
  readonly reason: string;
  readonly operatorId?: string | undefined;
}

/** Why there is nothing to skip. */
export type NotSkipped = 'unknown-projection' | 'not-stopped-there';

/** A decision as it is in the log. `replayed`: it was there already, word for word. */
export interface SkipDecision {
  readonly skipped: Skipped;
  readonly position: string;
  readonly replayed: boolean;
}

/** Records that a view is to leave out the event that it has stopped at. The view goes on when it meets the decision. */
export class SkipCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly views: { state(): readonly ProjectionState[] },
    private readonly clock: Clock,
  ) {}

  /** Sent twice, also at the same moment, it is recorded once. @throws StoreUnavailableError */
  skip(asked: SkipEvent, by: Actor): Promise<NotSkipped | SkipDecision> {
    return decidedAnew(() => this.decide(asked, by));
  }

  private async decide(asked: SkipEvent, by: Actor): Promise<NotSkipped | SkipDecision> {
    const { name, position, reason, operatorId } = asked;
    const state = this.views.state().find((view) => view.name === name);
    if (!state) return 'unknown-projection';
    const stream = streams.projection(name);
    const decisions = await this.journal.read(stream);
    const before = recorded(decisions, asked);
    if (before) return before;
    const at = state.stop?.at;
    if (at?.position !== position) return 'not-stopped-there';
    const skipped: Skipped = {
      projection: name,
      eventId: at.eventId,
      eventType: at.type,
      position,
      reason,
      ...(operatorId !== undefined && { operatorId }),
      occurredAt: timeText(this.clock.now()),
    };
    const event = { type: 'EventSkipped', data: skipped } as const;
    const expected = decisions.at(-1)?.revision ?? 'no-stream';
    const origin = { request: stream, by };
    const appended = await this.journal.append(stream, expected, [event], origin);
    return { skipped, position: appended.position, replayed: appended.repeated };
  }
}

/** The same decision, where it was recorded before: whoever did not get its answer asks again. */
function recorded(decisions: readonly RecordedEvent[], asked: SkipEvent): SkipDecision | undefined {
  for (const { event, position } of decisions) {
    if (event.type !== 'EventSkipped') continue;
    const { data } = event;
    const isSame = (['position', 'reason', 'operatorId'] as const).every(
      (field) => data[field] === asked[field],
    );
    if (isSame) return { skipped: data, position, replayed: true };
  }
  return undefined;
}
