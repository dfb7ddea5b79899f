import type { FastifyRequest } from 'fastify';
import { appealRefusals } from '../appeals/domain/appeal-refusals.js';
import { malformedField, type Problem, refusalProblem } from '../http/problem.js';
import { booksRefusals } from '../payouts/domain/books-refusals.js';
import { noSuchSale } from '../sales/domain/judge.js';
import { approvalRefusals, requestRefusals } from '../sales/domain/request-refusals.js';
import type { Caller } from './caller.js';
import type { Named } from './may-call.js';

/** Whom a request is about, as far as it says so. */
export interface Subject {
  readonly merchantId?: unknown;
  readonly terminalId?: unknown;
  readonly saleId?: unknown;
  readonly approvalId?: unknown;
  readonly appealId?: unknown;
  readonly payoutId?: unknown;
}

/**
 * What a request names that is not the caller's, told as if it did not exist: nothing is looked up, so that what
 * there is and what there is not can't be told apart.
 */
export function strangerIn(
  caller: Caller,
  request: FastifyRequest,
  named: Named,
): Problem | undefined {
  if (!('merchantId' in caller) || named === 'lines') return undefined;
  const query = request.query as Subject;
  const body = (request.body ?? {}) as Subject;
  if (named === 'query' && query.merchantId === undefined) return missing();
  if ((named === 'body' || named === 'requester') && body.merchantId === undefined) {
    return missing();
  }
  // Whose the sale is, the command finds: a refusal is written down for who asked.
  if (named === 'requester') return strangeTo(caller, body);
  return (
    strangeTo(caller, request.params as Subject) ??
    strangeTo(caller, query) ??
    strangeTo(caller, body)
  );
}

/** A sale, an approval, an appeal or a payout is of the merchant whose name its own begins with; any of its terminals may void the sale. */
export function isOthers(caller: Caller, name: string): boolean {
  return 'merchantId' in caller && !name.startsWith(`${caller.merchantId}.`);
}

/** What of this is not the caller's, told as if it did not exist; undefined where all of it is. */
export function strangeTo(caller: Caller, subject: Subject): Problem | undefined {
  if (!('merchantId' in caller)) return undefined;
  const { merchantId, terminalId, saleId, approvalId, appealId, payoutId } = subject;
  if (typeof saleId === 'string' && isOthers(caller, saleId)) return refusalProblem(noSuchSale());
  if (typeof approvalId === 'string' && isOthers(caller, approvalId)) {
    return refusalProblem(approvalRefusals.unknown());
  }
  if (typeof appealId === 'string' && isOthers(caller, appealId)) {
    return refusalProblem(appealRefusals.unknown());
  }
  if (typeof payoutId === 'string' && isOthers(caller, payoutId)) {
    return refusalProblem(booksRefusals.unknownPayout());
  }
  if (merchantId !== undefined && merchantId !== caller.merchantId) {
    return refusalProblem(requestRefusals.unknownMerchant());
  }
  const isElsewhere =
    caller.scope === 'terminal' && terminalId !== undefined && terminalId !== caller.terminalId;
  return isElsewhere ? refusalProblem(requestRefusals.unknownTerminal()) : undefined;
}

function missing(): Problem {
  return malformedField('merchantId', 'is missing');
}
