/** Whether two values are the same JSON: an undefined field is none, and fields have no order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const common = sameFields(a, b);
  return common !== undefined && fieldsOf(b) === common;
}

/** How many fields the first has, all of which the second has alike; undefined where it does not. */
function sameFields(a: object, b: object): number | undefined {
  let fields = 0;
  for (const name in a) {
    const field: unknown = a[name as never];
    if (field === undefined) continue;
    if (!Object.hasOwn(b, name) || !isSameJson(field, b[name as never])) return undefined;
    fields += 1;
  }
  return fields;
}

function fieldsOf(value: object): number {
  let fields = 0;
  for (const name in value) {
    const field: unknown = value[name as never];
    if (field !== undefined) fields += 1;
  }
  return fields;
}
