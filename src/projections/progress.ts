import { type Position, StoreUnavailableError } from '../event-store/event-store.js';
import type { ProjectionState } from './follower.js';

/** A view did not get to a position in time, or has stopped before it. */
export class ViewBehindError extends Error {
  override readonly name = 'ViewBehindError';
  constructor(
    readonly view: string,
    readonly position: Position,
    reason?: string,
  ) {
    super(`view ${view} has not reached position ${position}${reason ? `: ${reason}` : ''}`);
  }
}

/** That the store is away, or a view behind, passes by itself: the same may be done later. */
export function passesByItself(error: unknown): error is Error {
  return error instanceof StoreUnavailableError || error instanceof ViewBehindError;
}

/** How many positions of the log a view that stands at one is behind the log's end. */
export function lagAt(position: Position, head: string | number): number {
  return Math.max(0, Number(head) - Number(position));
}

interface Waiting {
  readonly position: Position;
  readonly names: readonly string[] | undefined;
  readonly settle: (behind?: ProjectionState) => void;
}

/** How far the views are, and who waits for them to get further. */
export class Progress {
  private states: readonly ProjectionState[] = [];
  private readonly waiting = new Set<Waiting>();

  current(): readonly ProjectionState[] {
    return this.states;
  }

  advance(states: readonly ProjectionState[]): void {
    this.states = states;
    for (const waiting of this.waiting) {
      const behind = this.behind(waiting);
      if (!behind || behind.status === 'stopped') waiting.settle(behind);
    }
  }

  /** Nothing moves any more. What a view was stopped by before remains its reason. */
  stopAll(reason: string): void {
    this.advance(
      this.states.map((state) =>
        state.status === 'stopped'
          ? state
          : { ...state, status: 'stopped', reason, stoppedBy: reason },
      ),
    );
  }

  /**
   * One that has stopped tells of what was before the event it stands at, and readiness that it has.
   * @throws ViewBehindError for a view that goes on and does not yet tell of all that was at the start: it is begun anew, or far behind
   */
  refuseUnfinished(name: string): void {
    const due = this.dueOf(name);
    if (due !== undefined) throw new ViewBehindError(name, due);
  }

  /** Resolves once the view is refused no more. @throws ViewBehindError as `reach` */
  async finish(name: string, timeoutMs: number): Promise<void> {
    const due = this.dueOf(name);
    if (due !== undefined) await this.reach(due, [name], timeoutMs);
  }

  private dueOf(name: string): Position | undefined {
    const state = this.states.find((each) => each.name === name);
    return state?.status === 'stopped' ? undefined : state?.due;
  }

  /** Whether there is nothing to wait for. */
  isThere(position: Position, names?: readonly string[]): boolean {
    return this.behind({ position, names }) === undefined;
  }

  /** @throws ViewBehindError when it takes longer, or at once when a view has stopped on the way */
  async reach(
    position: Position,
    names: readonly string[] | undefined,
    timeoutMs: number,
  ): Promise<void> {
    const behind = this.behind({ position, names });
    if (!behind) return;
    if (behind.status === 'stopped')
      throw new ViewBehindError(behind.name, position, behind.reason);
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        position,
        names,
        settle: (still) => {
          clearTimeout(timer);
          this.waiting.delete(waiting);
          if (still) reject(new ViewBehindError(still.name, position, still.reason));
          else resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.settle(this.behind(waiting));
      }, timeoutMs);
      this.waiting.add(waiting);
    });
  }

  /** A view that keeps someone waiting: one that has stopped, if any. */
  private behind({
    position,
    names,
  }: Pick<Waiting, 'position' | 'names'>): ProjectionState | undefined {
    const asked = names ? this.states.filter(({ name }) => names.includes(name)) : this.states;
    const behind = asked.filter((state) => state.position < position);
    return behind.find(({ status }) => status === 'stopped') ?? behind[0];
  }
}
