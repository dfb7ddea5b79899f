import { valueDate } from '../../merchants/domain/business-day.js';
import type { MerchantSettings } from '../../merchants/domain/merchant.events.js';
import type { CloseTerms } from './batch.events.js';

/** The terms by which sales of a business date settle. */
export function closeTerms(settings: MerchantSettings, businessDate: string): CloseTerms {
  const { fee, reserve, settlementCycle, holidays } = settings;
  return {
    fee,
    ...(reserve && { reserve }),
    valueDate: valueDate(businessDate, settlementCycle, holidays),
  };
}
