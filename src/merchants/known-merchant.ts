import { ProblemError, refusalProblem } from '../http/problem.js';
import { requestRefusals } from '../sales/domain/request-refusals.js';
import type { Merchant } from './domain/merchant.js';
import type { MerchantsCommandHandler } from './merchants.command-handler.js';

/** The merchant that a route's address names. @throws ProblemError where there is none */
export async function knownMerchant(
  merchants: MerchantsCommandHandler,
  merchantId: string,
): Promise<Merchant> {
  const merchant = await merchants.get(merchantId);
  if (merchant) return merchant;
  throw new ProblemError(refusalProblem(requestRefusals.unknownMerchant()));
}
