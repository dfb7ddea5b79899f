import { Command } from 'commander';
import { renderBatch } from '../batches/batches.dto.js';
import { type Settings, settingsOfProcess } from '../config.js';
import { exactText } from '../http/json.js';
import { moneyText } from '../ledger/domain/decimal.js';
import { NO_SUCH_STORE } from '../merchants/domain/store.js';
import { counted } from './counted.js';
import { LONG_PATIENCE_MS, runningService } from './service.js';
import { print } from './standard-output.js';
import { OPERATOR, requireLog, type Tool, withLedger } from './tool.js';

/** What a close came to; amounts in minor units. */
interface ClosedBatch {
  readonly terminalId: string;
  readonly batchNo: string;
  readonly status: string;
  readonly currency?: string;
  readonly settled: { readonly count: number; readonly net: number | bigint };
}

interface Closed {
  readonly batches: ClosedBatch[];
}

export function dayCloseCommand(): Command {
  return new Command('day-close')
    .description('closes the open batches of a merchant, or of one of its stores')
    .argument('<merchant>', 'its merchantId')
    .option('--store <storeId>', 'only the batches of this store')
    .option('--json', 'print the batches as JSON')
    .action(async (merchantId: string, options: { store?: string; json?: boolean }) => {
      const batches = await close(settingsOfProcess(), merchantId, options.store);
      print(options.json ? exactText(batches) : asText(batches));
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
    const asked = service.send<Closed>('POST', path, { storeId }, LONG_PATIENCE_MS);
    return (await asked).batches;
  }
  await requireLog(settings);
  return withLedger((tool) => closeHere(tool, merchantId, storeId), settings);
}

async function closeHere(
  { ledger }: Tool,
  merchantId: string,
  storeId: string | undefined,
): Promise<ClosedBatch[]> {
  const outcome = await ledger.batches.dayClose(merchantId, storeId, OPERATOR);
  if (!outcome) throw new Error(NO_SUCH_STORE.en);
  if ('refusal' in outcome) throw new Error(outcome.refusal.detail.en);
  return outcome.answer.batches.map(renderBatch);
}

function asText(batches: readonly ClosedBatch[]): string {
  const lines = batches.map(({ terminalId, batchNo, status, currency, settled }) => {
    const net = currency === undefined ? '' : `, net ${moneyText(settled.net, currency)}`;
    return `${terminalId} ${batchNo} ${status}: ${counted(settled.count, 'sale')} settled${net}`;
  });
  return [...lines, counted(batches.length, 'batch', 'batches')].join('\n');
}
