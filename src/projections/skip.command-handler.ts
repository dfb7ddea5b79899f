import type { Clock } from '../ledger/clock.js';
import { timeText } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { streams } from '../ledger/domain/request-name.js';
import type { Journal } from '../ledger/journal.js';
import type { TrailEvent } from '../audit/domain/trail.events.js';
import type { ProjectionState } from './follower.js';

export type Skipped = Extract<TrailEvent, { type: 'EventSkipped' }>['data'];

export interface SkipEvent {
  readonly name: string;
  /** Where the view has stopped. */
  readonly position: string;
  readonly reason: string;
  readonly operatorId?: string | undefined;
}

/** Why there is nothing to skip. */
export type NotSkipped = 'unknown-projection' | 'not-stopped-there';

/** Records that a view is to leave out the event that it has stopped at. The view goes on when it meets the decision. */
export class SkipCommandHandler {
  constructor(
    private readonly journal: Journal,
    private readonly views: { state(): readonly ProjectionState[] },
    private readonly clock: Clock,
  ) {}

  async skip(
    { name, position, reason, operatorId }: SkipEvent,
    by: Actor,
  ): Promise<NotSkipped | { readonly skipped: Skipped; readonly position: string }> {
    const state = this.views.state().find((view) => view.name === name);
    if (!state) return 'unknown-projection';
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
    const stream = streams.projection(name);
    const event = { type: 'EventSkipped', data: skipped } as const;
    const appended = await this.journal.append(stream, 'any', [event], { request: stream, by });
    return { skipped, position: appended.position };
  }
}
