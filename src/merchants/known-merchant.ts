import { ProblemError, refusalProblem } from '../http/problem.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import type { Merchant } from './domain/merchant.js';

/** The merchant that a route's address names. @throws ProblemError where there is none */
export async function knownMerchant(found: Promise<Merchant | undefined>): Promise<Merchant> {
  const merchant = await found;
  if (merchant) return merchant;
  throw new ProblemError(refusalProblem(requestRefusals.unknownMerchant()));
}
