import { once } from 'node:events';
import { BehaviorSubject } from 'rxjs';
import type { ProjectionState } from '../follower.js';
import { nextGeneration, removeGeneration } from '../view-file.js';
import type { Built } from './build.js';
import type { Compared } from './candidate.js';

/** How far a rebuild is. `events` are those that the new view has seen, of those that the views have seen in all. */
export interface RebuildState {
  readonly name: string;
  readonly status: 'waiting' | 'building' | 'taking-over' | 'done' | 'failed' | 'cancelled';
  readonly events: number;
  readonly total: number;
  readonly eventsPerSecond: number;
  readonly secondsLeft: number;
  /** Once it is done: how the two compared before the new one took over. */
  readonly compared?: Compared;
  /** Why the two could not be compared, where the file of the old one was damaged. */
  readonly damage?: string;
  /** Why it failed. */
  readonly reason?: string;
}

/** Whether a rebuild goes no further: done, failed or cancelled. */
export function hasEnded({ status }: RebuildState): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled';
}

/** The view is being rebuilt already. */
export class RebuildRunningError extends Error {
  override readonly name = 'RebuildRunningError';
  constructor(readonly state: RebuildState) {
    super(`view ${state.name} is being rebuilt: ${state.events} of ${state.total} events`);
  }
}

/** What a rebuild is made of. */
export interface RebuildParts {
  readonly viewsDir: string;
  build(
    name: string,
    generation: number,
    signal: AbortSignal,
    done: (events: number) => void,
  ): Promise<Built>;
  /** Brings the finished one up to the live one, and puts it in its place. */
  adopt(name: string, generation: number): Promise<void>;
  states(): readonly ProjectionState[];
}

interface Run {
  readonly state: BehaviorSubject<RebuildState>;
  readonly cancelling: AbortController;
  readonly ended: Promise<void>;
}

/** Builds views anew beside the live ones, one after the other, and lets them take over. */
export class Rebuilds {
  /** The last of each view. */
  private readonly runs = new Map<string, Run>();
  /** Those lined up so far have ended. */
  private before: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RebuildParts) {}

  /** Begins one, or lines it up behind the one under way. @throws RebuildRunningError */
  start(name: string): RebuildState {
    const running = this.runs.get(name)?.state.value;
    if (running && !hasEnded(running)) throw new RebuildRunningError(running);
    const state = new BehaviorSubject<RebuildState>({
      name,
      status: 'waiting',
      events: 0,
      total: this.total(),
      eventsPerSecond: 0,
      secondsLeft: 0,
    });
    const cancelling = new AbortController();
    const ended = this.run(state, cancelling.signal, this.before);
    this.before = this.before.then(() => ended);
    this.runs.set(name, { state, cancelling, ended });
    return state.value;
  }

  /** How far the last rebuild of the view is, and how it goes on to its end; undefined when there was none. */
  watch(name: string): BehaviorSubject<RebuildState> | undefined {
    return this.runs.get(name)?.state;
  }

  /** Ends a rebuild under way; of what it has built nothing is left. Gives how it ended. */
  async cancel(name: string): Promise<RebuildState | undefined> {
    const run = this.runs.get(name);
    if (!run) return undefined;
    run.cancelling.abort();
    await run.ended;
    return run.state.value;
  }

  async close(): Promise<void> {
    await Promise.all([...this.runs.keys()].map((name) => this.cancel(name)));
  }

  /** As the log grows, so does what there is to do. */
  private total(): number {
    return Math.max(0, ...this.parts.states().map(({ events }) => events));
  }

  /** Not that of the live one either, whose file may have been removed under it. */
  private next(name: string): number {
    const live = this.parts.states().find((state) => state.name === name)?.generation ?? 0;
    return Math.max(nextGeneration(this.parts.viewsDir, name), live + 1);
  }

  /** What can't be removed now is removed at the next start. */
  private remove(name: string, generation: number): void {
    try {
      removeGeneration(this.parts.viewsDir, name, generation);
    } catch {
      return;
    }
  }

  private async run(
    state: BehaviorSubject<RebuildState>,
    signal: AbortSignal,
    before: Promise<void>,
  ): Promise<void> {
    const change = (change: Partial<RebuildState>): void => {
      state.next({ ...state.value, ...change });
    };
    const { name } = state.value;
    await Promise.race([before, once(signal, 'abort')]);
    let generation: number | undefined;
    try {
      signal.throwIfAborted();
      generation = this.next(name);
      change({ status: 'building' });
      const began = performance.now();
      const { compared, damage } = await this.parts.build(name, generation, signal, (events) => {
        change(pace(events, this.total(), performance.now() - began));
      });
      signal.throwIfAborted();
      change({ status: 'taking-over', secondsLeft: 0 });
      await this.parts.adopt(name, generation);
      change({
        status: 'done',
        ...(compared && { compared }),
        ...(damage !== undefined && { damage }),
      });
    } catch (error) {
      if (generation !== undefined) this.remove(name, generation);
      change(
        signal.aborted
          ? { status: 'cancelled', secondsLeft: 0 }
          : { status: 'failed', secondsLeft: 0, reason: (error as Error).message },
      );
    }
    state.complete();
  }
}

function pace(events: number, total: number, tookMs: number): Partial<RebuildState> {
  const perSecond = tookMs > 0 ? (events / tookMs) * 1_000 : 0;
  return {
    events,
    total: Math.max(total, events),
    eventsPerSecond: Math.round(perSecond),
    secondsLeft: perSecond > 0 ? Math.ceil(Math.max(0, total - events) / perSecond) : 0,
  };
}
