import { type Position, StoreUnavailableError } from '../event-store/event-store.js';
import { ViewDamagedError } from './file-faults.js';
import type { ProjectionState } from './follower.js';

/** A view did not get to a position in time, or nothing moves any more because the process ends. */
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

/** A view has stopped before a position, and goes on only when an operator has seen to it. */
export class ViewStoppedError extends Error {
  override readonly name = 'ViewStoppedError';
  constructor(
    readonly view: string,
    position: Position,
    reason?: string,
  ) {
    super(`view ${view} has stopped before position ${position}${reason ? `: ${reason}` : ''}`);
  }
}

/** That a view does not tell what it was asked, now or before an operator has seen to it. */
export function isOfView(error: unknown): error is Error {
  return (
    error instanceof ViewBehindError ||
    error instanceof ViewStoppedError ||
    error instanceof ViewDamagedError
  );
}

/** That the store is away, or a view does not tell, is no fault of what was to be done: the same may be done later. */
export function isForLater(error: unknown): error is Error {
  return error instanceof StoreUnavailableError || isOfView(error);
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
  private isEnding = false;

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
    this.isEnding = true;
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

  /** Resolves once the view is refused no more. @throws as `reach` */
  async finish(name: string, timeoutMs: number): Promise<void> {
    const due = this.dueOf(name);
    if (due !== undefined) await this.reach(due, [name], timeoutMs);
  }

  /** What is wrong with the file of a view that has stopped: at no event, then. */
  damageOf(name: string): string | undefined {
    const stop = this.states.find((each) => each.name === name)?.stop;
    return stop?.at ? undefined : stop?.reason;
  }

  private dueOf(name: string): Position | undefined {
    const state = this.states.find((each) => each.name === name);
    return state?.status === 'stopped' ? undefined : state?.due;
  }

  /** Whether there is nothing to wait for. */
  isThere(position: Position, names?: readonly string[]): boolean {
    return this.behind({ position, names }) === undefined;
  }

  /** @throws ViewBehindError when it takes longer; ViewStoppedError or ViewDamagedError at once when a view has stopped on the way */
  async reach(
    position: Position,
    names: readonly string[] | undefined,
    timeoutMs: number,
  ): Promise<void> {
    const behind = this.behind({ position, names });
    if (!behind) return;
    if (behind.status === 'stopped') throw this.lacking(behind, position);
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        position,
        names,
        settle: (still) => {
          clearTimeout(timer);
          this.waiting.delete(waiting);
          if (still) reject(this.lacking(still, position));
          else resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.settle(this.behind(waiting));
      }, timeoutMs);
      this.waiting.add(waiting);
    });
  }

  /** Why a view that was waited for is not there. */
  private lacking({ name, status, reason }: ProjectionState, position: Position): Error {
    if (status !== 'stopped' || this.isEnding) return new ViewBehindError(name, position, reason);
    const damage = this.damageOf(name);
    if (damage !== undefined) return new ViewDamagedError(name, damage);
    return new ViewStoppedError(name, position, reason);
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
