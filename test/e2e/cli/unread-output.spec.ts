import { beforeAll, expect, test } from '@jest/globals';
import { viewFile } from '../../../src/projections/view-file.js';
import { losePage } from '../../support/damaged-view.js';
import { stoppedWithSale } from '../../support/stopped-ledger.js';
import { alterLog } from '../../support/tampering.js';
import {
  runToolOntoAlmostFullDisk,
  runToolOntoNothing,
  runToolUnread,
} from '../../support/tool.js';

let folder: string;

beforeAll(async () => {
  ({ folder } = await stoppedWithSale());
});

test.each(['verify', 'doctor', 'rebuild --verify sales', 'replay', 'replay --follow', 'export'])(
  'nobody has to read what is printed of a ledger that is well: %s',
  async (verb) => {
    expect((await runToolUnread(folder, verb.split(' '))).code).toBe(0);
  },
);

test.each(['export', 'replay', 'doctor', 'verify --json'])(
  'what can not be written is told, and no silence: %s',
  async (verb) => {
    const { code, errors } = await runToolOntoNothing(folder, verb.split(' '));
    expect(code).toBe(1);
    expect(errors.match(/ENOSPC/g)).toHaveLength(1);
  },
);

test.each([
  'doctor',
  'verify',
  'rebuild --verify sales',
  'replay --follow',
  'keys add --scope operator',
  'keys list --json',
])('nor is what a disk takes but the beginning of: %s', async (verb) => {
  const { code, errors } = await runToolOntoAlmostFullDisk(folder, verb.split(' '), 10);
  expect(code).toBe(1);
  expect(errors).toContain("what is printed can't be written: EFBIG");
});

test('a fault is told by exit code 1, though nobody reads what is printed', async () => {
  losePage(viewFile(folder, 'sales', 1), 'sales_by_date');
  expect((await runToolUnread(folder, ['doctor'])).code).toBe(1);
  expect((await runToolUnread(folder, ['rebuild', '--verify', 'sales'])).code).toBe(1);

  alterLog(folder, 'UPDATE events SET checksum = checksum + 1 WHERE position = 2');
  expect((await runToolUnread(folder, ['verify'])).code).toBe(1);
});
