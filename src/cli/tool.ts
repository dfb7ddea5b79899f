import { accessSync, constants, statSync } from 'node:fs';
import { composeLedger, type Ledger } from '../compose-ledger.js';
import { type Settings, settingsOfProcess } from '../config.js';
import type { EventStore } from '../event-store/event-store.js';
import { openEventStore, openEventStoreReader } from '../event-store/open-event-store.js';
import { SettableClock } from '../ledger/clock.js';
import type { Actor } from '../ledger/domain/ledger-event.js';
import { Views } from '../projections/views.js';

/** The ledger as a verb of the tool has it: opened by the tool itself, with a clock that the verb moves. */
export interface Tool {
  readonly ledger: Ledger;
  readonly store: EventStore;
  readonly views: Views;
  readonly clock: SettableClock;
  /** Waits until the views have seen all of the log. */
  catchUp(): Promise<void>;
}

/** Who does what a verb does by itself. */
export const OPERATOR: Actor = { kind: 'operator' };

/** What was asked can not be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What is to be known of a file that was named. @throws UsageError when it can't be read */
export function ofNamed<T>(file: string, look: (file: string) => T): T {
  try {
    return look(file);
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
  }
}

/** Bytes of a file that is to be read; none of a pipe. @throws UsageError when it can't be */
export function sizeOf(file: string): number {
  return ofNamed(file, (name) => {
    accessSync(name, constants.R_OK);
    const found = statSync(name);
    if (found.isDirectory()) throw new Error('it is a folder');
    return found.size;
  });
}

/** What ends a verb's work from outside, and the exit code then: Ctrl-C, a kill, a terminal that is closed. */
const ENDINGS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * `listener` hears of each of the ENDINGS, also when it comes again, as Ctrl-C does by npm: that must not cut what is being
 * ended. Gives what stops listening.
 */
function onEnding(listener: (exitCode: number) => void): () => void {
  const listeners = Object.entries(ENDINGS).map(([signal, exitCode]) => {
    const heard = (): void => {
      listener(exitCode);
    };
    process.on(signal, heard);
    return [signal, heard] as const;
  });
  return () => {
    for (const [signal, heard] of listeners) process.off(signal, heard);
  };
}

/** One of the ENDINGS came: whoever loops stops at the next step. */
export class Interrupt {
  private ending: number | undefined;

  constructor() {
    onEnding((exitCode) => {
      this.ending ??= exitCode;
    });
  }

  get isPressed(): boolean {
    return this.ending !== undefined;
  }

  /** 0 as long as nothing came. */
  get exitCode(): number {
    return this.ending ?? 0;
  }
}

/** Work that each of the ENDINGS aborts. @throws InterruptedError then, once the work has stopped */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const stopListening = onEnding((exitCode) => {
    ending.abort(new InterruptedError(exitCode));
  });
  try {
    const result = await work(ending.signal);
    ending.signal.throwIfAborted();
    return result;
  } finally {
    if (!ending.signal.aborted) stopListening();
  }
}

/** One of the ENDINGS ended the work. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

/** For a verb that only prints: it is done once nobody reads it any more. */
export function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0);
  });
}

/** A ledger is begun by who writes into it, not by who asks. @throws StoreUnavailableError where there is no log */
export async function requireLog({ EVENT_STORE_URL }: Settings): Promise<void> {
  await (await openEventStoreReader(EVENT_STORE_URL)).close();
}

/** Opens the ledger for `work` and closes it behind it. @throws FolderInUseError, CorruptLogError, SettingsError */
export async function withLedger<T>(
  work: (tool: Tool) => Promise<T>,
  settings: Settings = settingsOfProcess(),
): Promise<T> {
  const { EVENT_STORE_URL: eventStoreUrl, VIEWS_DIR: viewsDir } = settings;
  const store = await openEventStore(eventStoreUrl, 'inline', viewsDir);
  try {
    const views = await Views.open({ viewsDir, eventStoreUrl, store });
    try {
      const clock = new SettableClock();
      const ledger = composeLedger({ store, views, clock });
      const catchUp = async (): Promise<void> =>
        views.waitFor(await store.head(), undefined, 600_000);
      return await work({ ledger, store, views, clock, catchUp });
    } finally {
      await views.close();
    }
  } finally {
    await store.close();
  }
}
