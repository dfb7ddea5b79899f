import { openCheckedLog } from '../../src/event-store/open-event-store.js';
import type { KeepingFault } from '../../src/event-store/checked-page.js';

/** What is wrong with how a folder's log is kept, whoever writes to it; of each event only whether it is as it was written. */
export async function keepingFaults(folder: string): Promise<KeepingFault[]> {
  const found: KeepingFault[] = [];
  for await (const { faults } of openCheckedLog(`file:${folder}`, 'inline')) {
    found.push(...faults);
  }
  return found;
}
