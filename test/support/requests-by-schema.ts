import fc from 'fast-check';

/** What of a JSON Schema the service's own document uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
  };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A request as it goes over the wire. */
export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Names that are there, so that requests meet: by the name of the field or parameter. */
export type Known = Readonly<Record<string, readonly string[]>>;

/**
 * Only what is known: whoever waits for a position that will never be waits for seconds, and a clock that may be put
 * anywhere ends every business date.
 */
const ONLY_KNOWN = ['after', 'now'];

/** Fields that a slow hash is made of, which would take most of the time. */
const RARE = ['supervisor'];

/** An operation may come more rarely than the others: generators take whole weights. */
const WEIGHT_STEPS = 10;

const CARD_NUMBER = '4111111111111111';

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1.5, 1e21, true, [], {}, CARD_NUMBER, 'a.b.c.d'),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
);

/** Mostly what the schema says, now and then something else. */
const mostly = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: junk });

/** What is undefined is no field in JSON. */
const rarely = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** Requests of every operation of a document, most of them well-formed. `weights`: how often an operation comes, 1 if not said, 0.1 at the least. */
export function requestsBySchema(
  document: OpenApi,
  known: Known,
  weights: Readonly<Record<string, number>>,
): fc.Arbitrary<GeneratedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const arbitrary = requestOf(document, known, method.toUpperCase(), path, operation);
      return {
        weight: Math.round((weights[operation.operationId] ?? 1) * WEIGHT_STEPS),
        arbitrary,
      };
    }),
  );
  return fc.oneof(...operations);
}

function requestOf(
  document: OpenApi,
  known: Known,
  method: string,
  path: string,
  { parameters, requestBody }: Operation,
): fc.Arbitrary<GeneratedRequest> {
  const valueOf = ({ name, schema }: Parameter) =>
    mostly(valueBy(document, known, schema, name)).map((value) => textOf(value));
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const query = fc.record(
    Object.fromEntries(inQuery.map((parameter) => [parameter.name, valueOf(parameter)])),
    { requiredKeys: inQuery.filter(({ required }) => required).map(({ name }) => name) },
  );
  const schema = requestBody?.content?.['application/json']?.schema;
  const body = schema ? mostly(valueBy(document, known, schema)) : fc.constant(undefined);
  const names = fc.tuple(...inPath.map(valueOf));
  return fc.tuple(names, query, body).map(([values, asked, sent]) => {
    const filled = inPath.reduce(
      (all, { name }, index) =>
        all.replace(`{${name}}`, encodeURIComponent(String(values[index]).replace(/\p{Cs}/gu, ''))),
      path,
    );
    const search = new URLSearchParams(asked as Record<string, string>).toString();
    return { method, path: search === '' ? filled : `${filled}?${search}`, body: sent };
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function valueBy(
  document: OpenApi,
  known: Known,
  schema: Schema,
  name = '',
): fc.Arbitrary<unknown> {
  const { $ref, enum: values, pattern, format, type, items, properties } = schema;
  if ($ref !== undefined) {
    const target = document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {};
    return valueBy(document, known, target, name);
  }
  const meant = known[name];
  if (meant && ONLY_KNOWN.includes(name)) return fc.constantFrom(...meant);
  if (meant) return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...meant) }, textBy(schema));
  if (values) return fc.constantFrom(...values);
  if (type === 'integer' || type === 'number') return numberBy(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') {
    const item = valueBy(document, known, items ?? {}, name);
    return fc.array(item, { maxLength: 3 });
  }
  if (properties) return objectBy(document, known, schema);
  if (pattern !== undefined || format !== undefined || type === 'string') return textBy(schema);
  return junk;
}

function objectBy(document: OpenApi, known: Known, schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, field]) => {
    const value = mostly(valueBy(document, known, field, name));
    return [name, RARE.includes(name) ? rarely(value) : value] as const;
  });
  const whole = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  const withMore = fc.tuple(whole, junk).map(([object, more]) => ({ ...object, surplus: more }));
  return fc.oneof({ weight: 40, arbitrary: whole }, { weight: 1, arbitrary: withMore });
}

function numberBy({ minimum = -1_000, maximum = 1e12 }: Schema): fc.Arbitrary<number> {
  const [min, max] = [Math.ceil(minimum), Math.floor(maximum)];
  const small = fc.integer({ min, max: Math.min(max, Math.max(min, 5_000)) });
  return fc.oneof({ weight: 9, arbitrary: small }, fc.constantFrom(min, max));
}

/** Texts of each format, right and wrong ones. */
const EXAMPLES: Readonly<Record<string, readonly string[] | undefined>> = {
  date: ['2026-03-01', '2026-03-02', '2026-03-03', '2024-02-29', '9999-12-31', '2026-02-30'],
  'date-time': ['2026-03-02T09:00:00Z', '2026-03-02T10:00:00.5+01:00', '1969-01-01T00:00:00Z'],
  'iso-4217': ['EUR', 'JPY', 'BHD', 'XXX', 'EU'],
  'iana-time-zone': ['UTC', 'Asia/Shanghai', 'Europe/London', 'Nowhere/Else'],
  iban: ['DE89370400440532013000', 'DE00370400440532013000'],
};

function textBy({ pattern, format, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  const examples = format === undefined ? undefined : EXAMPLES[format];
  if (examples) return fc.constantFrom(...examples);
  // The generator knows no classes of characters by their Unicode property.
  if (pattern === undefined || pattern.includes('\\p')) {
    return fc.string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(maxLength, 40) });
  }
  return fc.stringMatching(new RegExp(pattern));
}
