import { parseRequestName } from '../ledger/domain/request-name.js';
import { sideBySide } from '../ledger/all-of.js';
import type { Journal } from '../ledger/journal.js';
import type { Views } from '../projections/views.js';
import type { TimeoutReversal } from './domain/timeout-reversal.js';
import type { GiveBackCommandHandler } from './give-back.command-handler.js';
import { readNamed } from './recorded-request.js';
import type { Asked, GiveBack } from './sales.commands.js';
import type { TimeoutReversalCommandHandler } from './timeout-reversal.command-handler.js';

/** Younger ones may still be on their way. */
const PATIENCE_MS = 5_000;

/** Those that are brought to their end at the same time. */
const AT_ONCE = 100;

/**
 * Brings requests that a crash or a lost store left without an outcome to their end [S4]: decided anew, as a repeat
 * would be. Safe on any number of nodes: the effect loses on revision where another was faster.
 */
export class RequestSweep {
  constructor(
    private readonly journal: Journal,
    private readonly views: Views,
    private readonly giveBacks: GiveBackCommandHandler,
    private readonly reversals: TimeoutReversalCommandHandler,
  ) {}

  /** @throws what `isForLater`: the next round tries again */
  async run(takenBy = Date.now() - PATIENCE_MS): Promise<void> {
    await this.views.finished('requests');
    const names = this.views.requests.undecided(takenBy);
    await sideBySide(names, AT_ONCE, (name) => this.finish(name));
  }

  private async finish(name: string): Promise<void> {
    const [taken] = await readNamed(this.journal, name);
    if (taken?.event.type !== 'RequestTaken') return;
    const { kind, target, content } = taken.event.data;
    const sent = { content, by: taken.by };
    const command = { ...content, ...parseRequestName(name) };
    if (kind === 'timeout-reversal') {
      await this.reversals.reverse(command as unknown as TimeoutReversal, sent);
      return;
    }
    const asked: Asked = kind;
    await this.giveBacks.giveBack(
      { ...command, asked, saleId: target } as unknown as GiveBack,
      sent,
    );
  }
}
