import { Command } from 'commander';
import { renderBatch } from '../batches/batches.dto.js';
import { type Settings, settingsOfProcess } from '../config.js';
import { exactText } from '../http/json.js';
import { moneyText } from '../ledger/domain/decimal.js';
import { NO_SUCH_STORE } from '../merchants/domain/store.js';
import { settlementsProjection } from '../projections/settlements.projection.js';
import { SettlementsView } from '../projections/settlements.view.js';
import { askLive } from '../projections/view-file.js';
import { counted } from './counted.js';
import { runningService } from './service.js';
import { OPERATOR, requireLog, type Tool, withLedger } from './tool.js';

/** What a close came to; amounts in minor units. */
interface ClosedBatch {
  readonly terminalId: string;
  readonly batchNo: string;
  readonly businessDate: string;
  readonly status: string;
  readonly settled: { readonly count: number; readonly net: number | bigint };
  readonly position: string;
}

/** More batches than a merchant has at a time. */
const MANY = 1_000_000;

export function dayCloseCommand(): Command {
  return new Command('day-close')
    .description('closes the open batches of a merchant, or of one of its stores')
    .argument('<merchant>', 'its merchantId')
    .option('--store <storeId>', 'only the batches of this store')
    .option('--json', 'print the batches as JSON')
    .action(async (merchantId: string, options: { store?: string; json?: boolean }) => {
      const settings = settingsOfProcess();
      const batches = await close(settings, merchantId, options.store);
      if (options.json) {
        console.log(exactText(batches));
        return;
      }
      const currencies = currenciesOf(settings, merchantId, batches);
      console.log(asText(batches, await currencies.catch(() => new Map<string, string>())));
    });
}

/** Through the service that owns the folder, if there is one; else on the folder itself. */
async function close(
  settings: Settings,
  merchantId: string,
  storeId: string | undefined,
): Promise<ClosedBatch[]> {
  const service = runningService(settings);
  if (service) {
    const path = `/v1/merchants/${encodeURIComponent(merchantId)}/day-close`;
    const answer = await service.send<{ batches: ClosedBatch[] }>('POST', path, { storeId });
    return answer.batches;
  }
  await requireLog(settings);
  return withLedger((tool) => closeHere(tool, merchantId, storeId), settings);
}

async function closeHere(
  { ledger, views, store }: Tool,
  merchantId: string,
  storeId: string | undefined,
): Promise<ClosedBatch[]> {
  const outcome = await ledger.batches.dayClose(merchantId, storeId, OPERATOR);
  if (!outcome) throw new Error(NO_SUCH_STORE.en);
  if ('refusal' in outcome) throw new Error(outcome.refusal.detail.en);
  await views.waitFor(await store.head(), ['settlements']).catch(() => undefined);
  return outcome.answer.batches.map(renderBatch);
}

function asText(batches: readonly ClosedBatch[], currencies: ReadonlyMap<string, string>): string {
  const lines = batches.map((batch) => {
    const { terminalId, batchNo, status, settled } = batch;
    const currency = currencies.get(nameOf(batch));
    const net = currency === undefined ? '' : `, net ${moneyText(settled.net, currency)}`;
    return `${terminalId} ${batchNo} ${status}: ${counted(settled.count, 'sale')} settled${net}`;
  });
  return [...lines, counted(batches.length, 'batch', 'batches')].join('\n');
}

/**
 * Of what settled in the batches, as the settlement report has it: a close does not say what it counted in. They are
 * closed also where there is no such report now.
 */
async function currenciesOf(
  settings: Settings,
  merchantId: string,
  batches: readonly ClosedBatch[],
): Promise<Map<string, string>> {
  const settled = batches.filter(({ settled: { count } }) => count > 0);
  const dates = settled.map(({ businessDate }) => businessDate).sort();
  const [from, to] = [dates[0], dates.at(-1)];
  if (from === undefined) return new Map();
  const after = settled
    .map(({ position }) => position)
    .sort()
    .at(-1);
  const path = `/v1/merchants/${encodeURIComponent(merchantId)}/settlements`;
  // The service answers once its view has seen the closes; without one, the view has.
  await runningService(settings)?.send('GET', `${path}?after=${after}&limit=1`);
  const report = askLive(settings.VIEWS_DIR, settlementsProjection, (database) =>
    new SettlementsView(database).report({ merchantId, from, to, limit: MANY }),
  );
  return new Map(report?.batches.map((batch) => [nameOf(batch), batch.currency]));
}

const nameOf = ({ terminalId, batchNo }: Pick<ClosedBatch, 'terminalId' | 'batchNo'>): string =>
  `${terminalId} ${batchNo}`;
