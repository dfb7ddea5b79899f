import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Answer } from './http-client.js';

type Operation = Record<string, { readonly responses?: Readonly<Record<string, object>> }>;

/** What the formats of the document mean to an outsider. */
const FORMATS = {
  date: /^\d{4}-\d{2}-\d{2}$/,
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
  'iso-4217': /^[A-Z]{3}$/,
  iban: /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/,
  'iana-time-zone': /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/,
  'no-card-number': true,
  int64: true,
} as const;

const PROBLEM = 'application/problem+json';

/** Headers of HTTP itself, and those that only browsers and proxies look at: no description names them. */
const GENERAL_HEADERS = new Set([
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'date',
  'keep-alive',
  'referrer-policy',
  'transfer-encoding',
  'vary',
  'x-accel-buffering',
  'x-content-type-options',
  'x-frame-options',
  'cache-control',
]);

/** Holds answers against an OpenAPI document: the status is named there, with these headers, this content type and this shape. */
export class OpenApiCheck {
  private readonly ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    formats: FORMATS,
    // A shape is asked for a few times: to make its code, and that of what it refers to, costs more than to run it.
    code: { optimize: false },
    inlineRefs: false,
    meta: false,
    validateSchema: false,
  });
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly templates: { readonly path: string; readonly pattern: RegExp }[];

  constructor(private readonly document: OpenAPIObject) {
    this.ajv.addSchema({ ...document, $id: 'document' }, 'document', undefined, false);
    this.templates = Object.keys(document.paths)
      .sort((a, b) => parameterCount(a) - parameterCount(b))
      .map((path) => ({ path, pattern: patternOf(path) }));
  }

  /** @throws Error that says what the document has instead */
  check(method: string, path: string, answer: Answer): void {
    const [bare = ''] = path.split('?');
    const template = this.templates.find(({ pattern }) => pattern.test(bare))?.path;
    const item = template === undefined ? undefined : this.document.paths[template];
    const operation = (item as Operation | undefined)?.[
      method === 'HEAD' ? 'get' : method.toLowerCase()
    ];
    const where = `${method} ${bare} answered ${answer.status}`;
    if (template === undefined || !operation) {
      this.checkUndocumented(where, answer);
      return;
    }
    const response = operation.responses?.[String(answer.status)];
    if (!response) {
      const known = Object.keys(operation.responses ?? {}).join(', ');
      throw new Error(`${where}, documented are ${known}: ${answer.text}`);
    }
    checkHeaders(where, response, answer);
    if (method === 'HEAD') return;
    const { content = {} } = response as { content?: Record<string, object> };
    const type = contentType(answer);
    if (Object.keys(content).length === 0 && answer.text === '') return;
    if (!(type in content)) {
      throw new Error(`${where} as ${type}, documented are ${Object.keys(content).join(', ')}`);
    }
    const verb = method.toLowerCase();
    const pointer = ['paths', template, verb, 'responses', String(answer.status), 'content', type];
    this.checkShape(where, [...pointer, 'schema'], answer);
  }

  /** What no operation answers is a problem document, or has no body. */
  private checkUndocumented(where: string, answer: Answer): void {
    if (answer.status >= 500) throw new Error(`${where}: ${answer.text}`);
    if (answer.text === '' || answer.status < 400) return;
    if (contentType(answer) !== PROBLEM) throw new Error(`${where} as ${contentType(answer)}`);
    this.checkShape(where, ['components', 'schemas', 'ProblemDocument'], answer);
  }

  private checkShape(where: string, pointer: readonly string[], { text, headers }: Answer): void {
    if (!/json\b/.test(headers['content-type'] ?? '')) return;
    const reference = `document#/${pointer.map(escaped).join('/')}`;
    let validate = this.compiled.get(reference);
    if (!validate) {
      validate = this.ajv.compile({ $ref: reference });
      this.compiled.set(reference, validate);
    }
    const isLines = headers['content-type']?.includes('ndjson');
    for (const json of isLines ? text.trimEnd().split('\n') : [text]) {
      if (validate(JSON.parse(json))) continue;
      throw new Error(`${where}: ${this.ajv.errorsText(validate.errors)} in ${json}`);
    }
  }
}

function checkHeaders(where: string, { headers = {} }: { headers?: object }, answer: Answer): void {
  const known = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const others = Object.keys(answer.headers).filter(
    (name) => !known.has(name) && !GENERAL_HEADERS.has(name),
  );
  if (others.length > 0) throw new Error(`${where} with the undocumented ${others.join(', ')}`);
}

const contentType = ({ headers }: Answer): string =>
  (headers['content-type'] ?? '').replace(/;.*/, '');

/** A JSON pointer's part inside a URI's fragment. */
const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

const parameterCount = (path: string): number => path.split('{').length - 1;

function patternOf(path: string): RegExp {
  const parts = path.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}
