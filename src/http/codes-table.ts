import { withTable } from '../sales/domain/conditions-table.js';
import { say } from '../sales/domain/refusal.js';
import { type Problem, problems } from './problem.js';
import { REFUSAL_STATUSES } from './refusal-statuses.js';
import { UNREADABLE } from './unreadable.js';

/** One of each that no rule makes: a new one does not compile without. */
const PROBLEMS: { readonly [P in keyof typeof problems]: readonly Problem[] } = {
  malformed: [problems.malformed([])],
  unreadable: Object.keys(UNREADABLE).map((status) => problems.unreadable(Number(status))),
  unknown: [problems.unknown(say('', ''))],
  unauthenticated: [problems.unauthenticated()],
  notAllowed: [problems.notAllowed()],
  tooManyRequests: [problems.tooManyRequests(1)],
  tooManyRefused: [problems.tooManyRefused(1)],
  tooManyLines: [problems.tooManyLines(1)],
  tooManySigned: [problems.tooManySigned(1)],
  storeAway: [problems.storeAway(false), problems.storeAway(true)],
  viewBehind: [problems.viewBehind()],
  viewStopped: [problems.viewStopped('')],
  viewDamaged: [problems.viewDamaged('')],
  rebuildRunning: [problems.rebuildRunning({ events: 0, total: 0 })],
  notStoppedThere: [problems.notStoppedThere(undefined)],
  fault: [problems.fault()],
};

/** docs/api.md with its table of codes as the code has them now. */
export function withCodes(text: string): string {
  const refusals = Object.entries(REFUSAL_STATUSES).map(([code, [status, title]]) => ({
    code,
    status,
    title,
  }));
  const rows = [...refusals, ...Object.values(PROBLEMS).flat()].map(({ code, status, title }) => [
    `\`${code}\``,
    String(status),
    title,
  ]);
  return withTable(text, 'codes', ['code', 'status', 'says'], rows.sort());
}
