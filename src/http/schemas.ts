import { createRequire } from 'node:module';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { keptIn } from '../ledger/domain/kept-in.js';
import { CONVERTERS, FORMAT_ERRORS, FORMATS } from './fields.js';
import { GLOSSARY } from './glossary.js';
import { LEGIBLE } from './legible.js';

type Schema = Record<string, unknown>;
/** A class that describes plain objects by its decorators. */
export type Dto = new () => object;

/** More than these of one request are not told. */
const MAX_ERRORS = 20;

const ROOT = 'tillbook';

/** class-transformer keeps what `@Type` said in a store that it does not export. */
const { defaultMetadataStorage } = createRequire(import.meta.url)(
  'class-transformer/cjs/storage.js',
) as { defaultMetadataStorage: never };

let generated: Record<string, Schema> | undefined;

/** The schemas of all DTO classes by class name, unknown fields refused. The classes are their one source. */
export function dtoSchemas(): Record<string, Schema> {
  generated ??= Object.fromEntries(
    Object.entries(
      validationMetadatasToSchemas({
        additionalConverters: CONVERTERS,
        classTransformerMetadataStorage: defaultMetadataStorage,
        refPointerPrefix: '#/components/schemas/',
      }),
    ).map(([name, schema]) => [
      name,
      { ...explained(schema as Schema), additionalProperties: false },
    ]),
  );
  return generated;
}

/** With what the glossary says of each plain field that tells nothing of its own. */
function explained(schema: Schema): Schema {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  return { ...schema, properties: Object.fromEntries(Object.entries(properties).map(withMeaning)) };
}

function withMeaning([name, field]: [string, Schema]): [string, Schema] {
  const description = GLOSSARY[name];
  const isPlain = field['type'] === 'string' || field['type'] === 'integer';
  return [name, description !== undefined && isPlain ? { description, ...field } : field];
}

/** What is wrong with a field of what was sent. The value itself is never told. */
export interface FieldError {
  /** As `card.token`; empty for the whole. */
  readonly field: string;
  readonly message: string;
  readonly isAmount: boolean;
}

/** A DTO's schema, compiled; gives what is wrong, or nothing. */
export type Check = (value: unknown) => readonly FieldError[] | undefined;

const ajv = new Ajv2020({
  strictTypes: false,
  allErrors: true,
  formats: { ...FORMATS, int64: true },
  // They are held against the metaschema by the tests of the document: to compile that takes longer than to compile them.
  meta: false,
  validateSchema: false,
}).addVocabulary(['components']);

const checks = new Map<Dto, Check>();

/** Values are taken as they are: nothing is made to fit. Compiled when it is first asked for, which costs a start none. */
export function checkOf(dto: Dto): Check {
  return keptIn(checks, dto, () => compiled(dto));
}

function compiled(dto: Dto): Check {
  if (!ajv.getSchema(ROOT))
    ajv.addSchema({ $id: ROOT, components: { schemas: dtoSchemas() } }, ROOT);
  const validate: ValidateFunction = ajv.compile({
    $ref: `${ROOT}#/components/schemas/${dto.name}`,
  });
  return (value) =>
    validate(value) ? undefined : (validate.errors ?? []).slice(0, MAX_ERRORS).map(fieldError);
}

/** Texts of an address, with numbers for those that the DTO has as such and that are written as such. */
export function withNumbers(dto: Dto, texts: Record<string, unknown>): Record<string, unknown> {
  const { properties = {} } = dtoSchemas()[dto.name] as {
    properties?: Record<string, { readonly type?: string }>;
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const isNumber = properties[name]?.type === 'integer' && WHOLE_NUMBER.test(String(text));
      return [name, isNumber ? Number(text) : text];
    }),
  );
}

const WHOLE_NUMBER = /^-?\d{1,16}$/;

const AMOUNTS = /(^|\.)(amount|originalAmount)$/;

function fieldError({ instancePath, keyword, params, message }: ErrorObject): FieldError {
  const parts = instancePath.split('/').slice(1);
  const named: unknown =
    keyword === 'required'
      ? params['missingProperty']
      : keyword === 'additionalProperties'
        ? params['additionalProperty']
        : undefined;
  const field = [...parts, ...(typeof named === 'string' ? [named] : [])].join('.');
  return {
    field: shown(field),
    message: MESSAGES[keyword]?.(params) ?? message ?? 'is not as it should be',
    isAmount: keyword !== 'required' && AMOUNTS.test(field),
  };
}

/** What is wrong with fields that nothing takes. */
export function unknownFields(names: readonly string[]): readonly FieldError[] {
  const message = 'is not known here';
  const told = names.slice(0, MAX_ERRORS);
  return told.map((name) => ({ field: shown(name), message, isAmount: false }));
}

/** The name of a field is the sender's, too. */
function shown(field: string): string {
  return FORMATS['no-card-number']?.(field) === true ? field : '(not shown)';
}

/** What is told in other words than Ajv's, by keyword. */
const MESSAGES: Readonly<Record<string, (params: Record<string, unknown>) => string | undefined>> =
  {
    required: () => 'is missing',
    additionalProperties: () => 'is not known here',
    enum: ({ allowedValues }) => `must be one of ${(allowedValues as unknown[]).join(', ')}`,
    format: ({ format }) => FORMAT_ERRORS[String(format)],
    pattern: ({ pattern }) =>
      pattern === LEGIBLE.source ? 'holds characters that can not be shown' : undefined,
  };
