import type { Readable } from 'node:stream';
import { ProblemError, problems } from './problem.js';

/** What signed lines may have: ten thousand of them, of more than four hundred bytes each. */
const MEBIBYTES = 4;

/**
 * Lines that are signed, once all have come: whose they are can't be told before. What is too much is read and thrown
 * away, so that who sends it comes to read the answer.
 */
export function whole(payload: Readable): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= MEBIBYTES * 1024 * 1024) kept.push(chunk);
    else kept.length = 0;
  };
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (bytes <= MEBIBYTES * 1024 * 1024) resolve(Buffer.concat(kept));
      else reject(new ProblemError(problems.tooManySigned(MEBIBYTES)));
    };
    const fail = (): void => {
      reject(new ProblemError(problems.unreadable(400)));
    };
    payload.on('data', keep).once('end', end).once('error', fail);
  });
}
