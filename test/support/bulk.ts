import { expect } from '@jest/globals';
import type { HttpClient } from './http-client.js';

export const NDJSON = { 'content-type': 'application/x-ndjson' };

/** What was answered to a line. */
export interface Answered {
  readonly line: number;
  readonly status: number;
  readonly replayed?: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test knows what it asked for
  readonly body: any;
}

/** Uploads lines, of which texts are sent as they are: what was answered to each. */
export async function sendBulk(
  asker: HttpClient,
  lines: readonly (object | string)[],
): Promise<Answered[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const answer = await asker.post('/v1/bulk', `${text.join('\n')}\n`, NDJSON);
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^application\/x-ndjson/);
  const answered = answer.text.trimEnd().split('\n');
  return answered.map((line) => JSON.parse(line) as Answered);
}
