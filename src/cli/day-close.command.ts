import { Command } from 'commander';
import { renderBatch } from '../batches/batches.dto.js';
import { settingsOfProcess } from '../config.js';
import { exactText } from '../http/json.js';
import { NO_SUCH_STORE } from '../merchants/domain/store.js';
import { runningService } from './service.js';
import { requireLog, type Tool, withLedger } from './tool.js';

/** One line of what a close came to; amounts in minor units. */
interface ClosedBatch {
  readonly terminalId: string;
  readonly batchNo: string;
  readonly status: string;
  readonly settled: { readonly count: number; readonly net: number | bigint };
}

export function dayCloseCommand(): Command {
  return new Command('day-close')
    .description('closes the open batches of a merchant, or of one of its stores')
    .argument('<merchant>', 'its merchantId')
    .option('--store <storeId>', 'only the batches of this store')
    .option('--json', 'print the batches as JSON')
    .action(async (merchantId: string, options: { store?: string; json?: boolean }) => {
      const batches = await close(merchantId, options.store);
      if (options.json) {
        console.log(exactText(batches));
        return;
      }
      for (const { terminalId, batchNo, status, settled } of batches) {
        console.log(
          `${terminalId} ${batchNo} ${status}: ${settled.count} sales settled, net ${settled.net}`,
        );
      }
      console.log(`${batches.length} batches`);
    });
}

/** Through the service that owns the folder, if there is one; else on the folder itself. */
async function close(merchantId: string, storeId: string | undefined): Promise<ClosedBatch[]> {
  const settings = settingsOfProcess();
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
  { ledger }: Tool,
  merchantId: string,
  storeId: string | undefined,
): Promise<ClosedBatch[]> {
  const outcome = await ledger.batches.dayClose(merchantId, storeId, { kind: 'operator' });
  if (!outcome) throw new Error(NO_SUCH_STORE.en);
  if ('refusal' in outcome) throw new Error(outcome.refusal.detail.en);
  return outcome.answer.batches.map(renderBatch);
}
