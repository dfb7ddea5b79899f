import { ViewDamagedError } from './file-faults.js';
import type { ProjectionState } from './follower.js';
import { Progress } from './progress.js';
import type { Listener } from './projector-thread.js';
import type { ReadModels } from './read-models.js';
import { Reading } from './reading.js';

/** The read models of this moment: opened anew whenever a view has taken another's place. */
export class CurrentModels implements Listener {
  readonly progress = new Progress();
  private reading: Reading | undefined;
  private fault: Error | undefined;
  private isClosed = false;

  constructor(readonly viewsDir: string) {}

  /** @throws whatever keeps the views' files from being read */
  require(): ReadModels {
    if (!this.reading) throw this.fault ?? new Error('the views are not open');
    return this.reading.models;
  }

  /** @throws ViewDamagedError for a view whose file was found to be damaged, though pages of it that are in memory could be read */
  refuseDamaged(name: string): void {
    const told = this.progress.damageOf(name) ?? this.reading?.damages.get(name);
    if (told !== undefined) throw new ViewDamagedError(name, told);
  }

  /** How far each view is. Damage that a read has met is the reason of its view. */
  states(): ProjectionState[] {
    return this.progress.current().map((state) => {
      const reason = state.reason ?? this.reading?.damages.get(state.name);
      return reason === undefined ? state : { ...state, reason };
    });
  }

  /** What is read is never older than what is said of it: where the files can't be opened, the views are held up. */
  advance(states: readonly ProjectionState[]): void {
    const fault = this.isClosed ? undefined : this.reopen(states);
    const isHeldUp = fault !== undefined && this.reading !== undefined;
    this.reading?.refresh();
    this.progress.advance(isHeldUp ? heldUp(this.progress.current(), fault.message) : states);
  }

  stopAll(reason: string): void {
    this.progress.stopAll(reason);
  }

  /** What is told from now on opens nothing any more. */
  close(): void {
    this.isClosed = true;
    this.reading?.close();
    this.reading = undefined;
  }

  /** When it can't, the models of before go on: they show less, but nothing wrong. Gives why it can't. */
  private reopen(states: readonly ProjectionState[]): Error | undefined {
    const generations = new Map(states.map(({ name, generation }) => [name, generation]));
    const before = this.reading;
    if (before?.isOf(generations)) return undefined;
    try {
      this.reading = new Reading(this.viewsDir, generations, before);
    } catch (error) {
      this.fault = error as Error;
      return this.fault;
    }
    before?.close();
    before?.removeAllBut(generations);
    return undefined;
  }
}

/** As they were told last, and why they are no further. */
function heldUp(states: readonly ProjectionState[], reason: string): ProjectionState[] {
  return states.map((state) =>
    state.status === 'stopped' ? state : { ...state, status: 'catching-up', reason },
  );
}
