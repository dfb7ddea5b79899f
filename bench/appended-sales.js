// Sales decided, encoded and appended as the service would, without its routes.
import { systemClock } from '../dist/ledger/clock.js';
import { requestName, streams } from '../dist/ledger/domain/request-name.js';
import { Journal } from '../dist/ledger/journal.js';
import { News } from '../dist/ledger/news.js';
import { businessDay } from '../dist/merchants/domain/business-day.js';
import { MerchantDirectory } from '../dist/merchants/merchant-directory.js';
import { settingsOf } from '../dist/merchants/merchants.dto.js';
import { MerchantsCommandHandler } from '../dist/merchants/merchants.command-handler.js';
import { decideSale } from '../dist/sales/domain/decide.js';
import { MERCHANTS, merchantBody, merchantId, TERMINAL } from './requests.js';

/** Sales on their way to the log at the same time. */
const IN_FLIGHT = 2_000;

const BY = { kind: 'terminal', id: 'bench' };

/** Registers every merchant. Gives what appends so many sales: of each, `saleOf` gives the merchant's number and the body. */
export async function salesInto(store) {
  const journal = new Journal(store);
  const merchants = await registered(journal, new News(store));
  return async (sales, saleOf) => {
    for (let from = 0; from < sales; from += IN_FLIGHT) {
      const count = Math.min(IN_FLIGHT, sales - from);
      await Promise.all(
        Array.from({ length: count }, (_, index) => {
          const { merchant, body } = saleOf(from + index);
          return append(journal, merchants[merchant], body);
        }),
      );
    }
  };
}

async function registered(journal, news) {
  const directory = new MerchantDirectory(journal, news);
  const handler = new MerchantsCommandHandler(journal, directory, systemClock);
  await registerMerchants(handler);
  return Promise.all(
    Array.from({ length: MERCHANTS }, (_, index) => handler.get(merchantId(index))),
  );
}

/** Every merchant of the bench, with its terminal. */
export async function registerMerchants(handler) {
  const terminal = { terminalId: TERMINAL, storeId: 'MAIN' };
  for (let index = 0; index < MERCHANTS; index += 1) {
    await handler.put(merchantId(index), settingsOf(merchantBody(index)), BY);
    await handler.assignTerminal(merchantId(index), terminal, BY);
  }
}

function append(journal, merchant, sale) {
  const now = systemClock.now();
  const day = businessDay(now, merchant.settings);
  const terminal = merchant.terminals.get(TERMINAL);
  const { event } = decideSale(sale, { merchant, terminal, day, now });
  const request = requestName(sale);
  return journal.append(streams.request(request), 'no-stream', [event], { request, by: BY });
}
