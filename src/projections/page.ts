/**
 * A page of rows, of which one more than it holds was looked for. `next`: what its last row is called as the place behind
 * which the next page begins; absent on the last page.
 */
export function pageOf<Row>(
  found: readonly Row[],
  limit: number,
  cursor: (last: Row) => string,
): { readonly rows: Row[]; readonly next?: string } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return found.length > limit && last ? { rows, next: cursor(last) } : { rows };
}
