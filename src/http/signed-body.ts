import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { ProblemError, problems } from './problem.js';

/** What signed lines may have: ten thousand of them, of more than four hundred bytes each. */
const LINES_MEBIBYTES = 4;

/**
 * A body that is signed, once all of it has come: whose it is can't be told before. What is too much is read and thrown
 * away, so that who sends it comes to read the answer.
 */
export function whole(
  payload: Readable,
  { bodyLimit, config }: FastifyRequest['routeOptions'],
): Promise<Buffer> {
  const isLines = config.rule?.named === 'lines';
  const most = isLines ? LINES_MEBIBYTES * 1024 * 1024 : bodyLimit;
  const kept: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= most) kept.push(chunk);
    else kept.length = 0;
  };
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (bytes <= most) resolve(Buffer.concat(kept));
      else if (isLines) reject(new ProblemError(problems.tooManySigned(LINES_MEBIBYTES)));
      else reject(new ProblemError(problems.unreadable(413)));
    };
    const fail = (): void => {
      reject(new ProblemError(problems.unreadable(400)));
    };
    payload.on('data', keep).once('end', end).once('error', fail);
  });
}
