import type { Condition } from './condition.js';
import { REFUND_CONDITIONS } from './refund-conditions.js';
import { VOID_CONDITIONS } from './void-conditions.js';

/** A list of conditions as a Markdown table. */
function table(conditions: readonly Condition[]): string {
  const rows = conditions.map(
    ({ code, holdsWhen, from, responseCode, nextStep }) =>
      `| \`${code}\` | ${holdsWhen} | ${from} | ${responseCode} | \`${nextStep}\` |`,
  );
  return [
    '<!-- prettier-ignore -->',
    '| code | holds when | rule from | refused with | next step |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** docs/domain.md with its tables as the code has them now. */
export function withConditions(text: string): string {
  return between(between(text, 'void', VOID_CONDITIONS), 'refund', REFUND_CONDITIONS);
}

function between(text: string, kind: string, conditions: readonly Condition[]): string {
  const [start, end] = [`<!-- ${kind} conditions -->\n`, `\n<!-- end -->`];
  const from = text.indexOf(start) + start.length;
  return `${text.slice(0, from)}\n${table(conditions)}\n${text.slice(text.indexOf(end, from))}`;
}
