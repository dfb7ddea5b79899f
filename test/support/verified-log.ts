import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { SigningKey } from '../../src/audit/domain/signed-head.js';
import type { Fault } from '../../src/audit/verify/fault.js';
import { BytesCheck, type BytesOptions } from '../../src/audit/verify/bytes-check.js';
import { Verification, type Verified } from '../../src/audit/verify/verification.js';
import type { CheckedPage } from '../../src/event-store/checked-page.js';

export function newSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new SigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** What `ledger verify` finds in a log. */
export async function faultsOf(
  pages: AsyncIterable<CheckedPage>,
  options: BytesOptions = {},
): Promise<Fault[]> {
  return (await checked(pages, options)).faults;
}

/** The same, and what it says of the whole of it. */
export async function checked(
  pages: AsyncIterable<CheckedPage>,
  options: BytesOptions = {},
): Promise<{ readonly faults: Fault[]; readonly verified: Verified }> {
  const bytes = new BytesCheck(options);
  const verification = new Verification();
  try {
    const faults: Fault[] = [];
    const read: CheckedPage[] = [];
    for await (const page of pages) {
      read.push(page);
      faults.push(...verification.take(bytes.take(page)));
    }
    const outcome = await bytes.end(() => Readable.from(read));
    faults.push(...verification.end(outcome));
    return { faults, verified: verification.verified(outcome) };
  } finally {
    verification.close();
    bytes.close();
  }
}
