/** Whether two values are the same JSON: an undefined field is none, and fields have no order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return hasAllOf(a, b) && hasAllOf(b, a, false);
}

/** Whether the second has the fields of the first; whether as they are there, unless only their presence is asked. */
function hasAllOf(a: object, b: object, isCompared = true): boolean {
  for (const name in a) {
    const field: unknown = a[name as never];
    if (field === undefined) continue;
    const other: unknown = b[name as never];
    if (isCompared ? !isSameJson(field, other) : other === undefined) return false;
  }
  return true;
}
