import type { Condition } from './condition.js';
import { REFUND_CONDITIONS } from './refund-conditions.js';
import { VOID_CONDITIONS } from './void-conditions.js';

/** docs/domain.md with its tables as the code has them now. */
export function withConditions(text: string): string {
  const withVoids = withTable(text, 'void conditions', HEAD, VOID_CONDITIONS.map(rowOf));
  return withTable(withVoids, 'refund conditions', HEAD, REFUND_CONDITIONS.map(rowOf));
}

const HEAD = ['code', 'holds when', 'rule from', 'refused with', 'next step'];

function rowOf({ code, holdsWhen, from, responseCode, nextStep }: Condition): string[] {
  return [`\`${code}\``, holdsWhen, from, responseCode, `\`${nextStep}\``];
}

/** A page of docs with this table in Markdown between the markers of its name. */
export function withTable(
  text: string,
  name: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- end -->`];
  const from = text.indexOf(start) + start.length;
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const table = ['<!-- prettier-ignore -->', ...lines].join('\n');
  return `${text.slice(0, from)}\n${table}\n${text.slice(text.indexOf(end, from))}`;
}
