type Fields = Readonly<Record<string, unknown>>;

/** An array is one, too. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** Whether two values are the same JSON: an undefined field is none, and fields have no order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const common = sameFields(a, b);
  return common !== undefined && fieldsOf(b) === common;
}

/** How many fields the first has, all of which the second has alike; undefined where it does not. */
function sameFields(a: Fields, b: Fields): number | undefined {
  let fields = 0;
  for (const name in a) {
    const field = a[name];
    if (field === undefined) continue;
    if (!Object.hasOwn(b, name) || !isSameJson(field, b[name])) return undefined;
    fields += 1;
  }
  return fields;
}

function fieldsOf(value: Fields): number {
  let fields = 0;
  for (const name in value) {
    if (value[name] !== undefined) fields += 1;
  }
  return fields;
}
