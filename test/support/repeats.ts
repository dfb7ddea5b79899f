import { expect } from '@jest/globals';
import { requestName } from '../../src/ledger/domain/request-name.js';
import type { Outcome } from '../../src/sales/sales.commands.js';
import type { Sending } from './requests.js';
import type { TestLedger } from './test-ledger.js';

/** Something that was sent, and what came of it. */
export interface Answered {
  readonly sending: Sending;
  readonly outcome: Outcome<unknown>;
}

/** What answers with how things are by then. */
const ASKED_ANEW = /^(close|day-close|payouts)$/;

/** Whether an answer is for good: what was not written down may be decided anew. */
export function isFinal({ sending, outcome }: Answered): boolean {
  if (ASKED_ANEW.test(sending.op)) return false;
  if ('answer' in outcome) return true;
  if (sending.op === 'approve') return false;
  return outcome.position !== undefined;
}

/** The repeat of a request gets the same answer, or is refused where it was undone since; it writes nothing. */
export async function expectSameAgain(
  ledger: TestLedger,
  { sending, outcome }: Answered,
): Promise<void> {
  const head = await ledger.store.head();
  const again = await ledger.send(sending);
  const isUndone = 'stan' in sending && (await ledger.undone()).has(requestName(sending));
  if (isUndone && 'answer' in outcome) {
    expect(again).toMatchObject({ refusal: { code: 'reversed' } });
  } else {
    expect(again).toEqual({ ...outcome, replayed: true });
  }
  expect(await ledger.store.head()).toBe(head);
}
