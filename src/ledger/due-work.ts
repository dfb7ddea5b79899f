import { inTurn } from './all-of.js';
import { Repeating } from './repeating.js';

const INTERVAL_MS = 1_000;

/** Whether someone waits for it, or it comes round by itself and need not press the views. */
export type Pace = 'awaited' | 'at-ease';

/** Something that the ledger does by itself when it is due; doing it again changes nothing. */
export type Task = (pace: Pace) => Promise<void>;

/** What falls due by the clock, done round by round for as long as the service runs. */
export class DueWork {
  private readonly rounds = new Repeating(INTERVAL_MS, () => this.run('at-ease'));

  constructor(private readonly tasks: readonly Task[]) {}

  /** Does what is due now. One task's fault does not keep the others from theirs. @throws the first fault */
  run(pace: Pace = 'awaited'): Promise<void> {
    return inTurn(this.tasks.map((task) => () => task(pace)));
  }

  /** `onFault` is told what kept a round from its end; the next round tries again. */
  start(onFault: (error: unknown) => void): void {
    this.rounds.start(onFault);
  }

  /** Resolves once the round under way has ended. */
  stop(): Promise<void> {
    return this.rounds.stop();
  }
}
