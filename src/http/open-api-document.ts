import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { headers, HEADERS, type Input } from './open-api.js';
import { dtoSchemas } from './schemas.js';

/** What a client has to know that no schema says. */
const ABOUT = `A ledger for card sales and their reversals.

- **Amounts** are integers in the currency’s minor unit: 1250 is 12.50 EUR, and 1250 JPY. Sums may pass 2^53.
- **A request** is named by its terminal: \`merchantId\`, \`terminalId\`, \`batchNo\`, \`stan\`. Sent again word for word, it gets
  its first answer again (\`Idempotency-Replayed: true\`), and nothing is written; with other content it is refused (409, 94).
- **A no** is a problem document (RFC 9457): a stable \`code\`, a sentence for the cashier in English and Chinese, and what to
  do instead (\`nextStep\`). 202 is no refusal: a void or refund waits for an approval, or a batch is still closing.
- **503** with response code 68: whether it was done is not known yet. Send it again.
- **Lists, balances and reports** follow the log: asked \`after\` the \`position\` of an answer, they have seen it.`;

/** The service's own description, as OpenAPI 3.1. The DTO classes, and what the routes take of them, are its source. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Tillbook')
    .setDescription(ABOUT)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addSecurity('key', { type: 'http', scheme: 'bearer', description: 'With AUTH=keys' })
    .addSecurity('signature', {
      type: 'http',
      scheme: 'Tillbook-HMAC-SHA256',
      description: 'With a key that is made for signed requests, and never sent: docs/access.md',
    })
    .build();
  const { components, ...document } = SwaggerModule.createDocument(app, about);
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as DescribedOperation[]) {
      describeInput(operation);
      describeRate(operation);
      describeTrace(operation);
      if (SANDBOX in document.paths) operation.parameters?.push(SANDBOX_FAULT);
    }
  }
  const schemas = used(document, dtoSchemas());
  return {
    ...document,
    openapi: '3.1.0',
    components: { ...components, headers: HEADERS, schemas: schemas as never },
  };
}

/** There only where the service is a sandbox. */
const SANDBOX = '/v1/sandbox/clock';
const SANDBOX_FAULT = {
  name: 'Sandbox-Fault',
  in: 'header',
  description: 'A fault that this request is to meet, as `answer-lost`',
  schema: { type: 'string' },
};

/** What the sender may call a request, and every answer that comes from behind the parser says. */
const REQUEST_ID = {
  name: 'X-Request-Id',
  in: 'header',
  description:
    'A name for the request in the log and in its answer: up to 128 letters, digits, `.`, `_`, `:` and `-`. One is made up without it, and in place of another or of what looks like a card number',
  schema: { type: 'string' },
};

function describeTrace({ parameters = [], responses = {} }: DescribedOperation): void {
  parameters.push(REQUEST_ID);
  for (const [status, response] of Object.entries(responses)) {
    if (NEVER_PARSED.has(status)) continue;
    response.headers = { ...response.headers, ...headers(['X-Request-Id']).headers };
  }
}

const NEVER_PARSED = new Set(['408', '431']);

/** Who has shown a key is told in every answer what is left of its requests. */
function describeRate({ security = [], responses = {} }: DescribedOperation): void {
  if (!security.some((scheme) => 'key' in scheme)) return;
  for (const [status, response] of Object.entries(responses)) {
    if (BEFORE_THE_KEY.has(status)) continue;
    response.headers = {
      ...response.headers,
      ...headers(['RateLimit', 'RateLimit-Policy']).headers,
    };
  }
}

const BEFORE_THE_KEY = new Set([...NEVER_PARSED, '401']);

interface DescribedOperation {
  'x-input'?: Input;
  security?: object[];
  responses?: Record<string, { headers?: object }>;
  parameters?: object[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: { $ref?: string } }> };
}

function describeInput(operation: DescribedOperation): void {
  const { path, query } = operation['x-input'] ?? {};
  delete operation['x-input'];
  operation.parameters = [
    ...parametersOf('path', path),
    ...parametersOf('query', query),
    ...(operation.parameters ?? []),
  ];
  const body = operation.requestBody;
  const [, name] = SCHEMA.exec(body?.content?.['application/json']?.schema?.$ref ?? '') ?? [];
  if (body && name !== undefined) body.required = requiredIn(name).length > 0;
}

const SCHEMA = /^#\/components\/schemas\/(\w+)$/;

function parametersOf(place: 'path' | 'query', dto: string | undefined): object[] {
  if (dto === undefined) return [];
  const properties = (dtoSchemas()[dto]?.['properties'] ?? {}) as Record<
    string,
    { description?: string }
  >;
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    const required = requiredIn(dto).includes(name);
    return { name, in: place, required, ...(description !== undefined && { description }), schema };
  });
}

function requiredIn(dto: string): readonly string[] {
  return (dtoSchemas()[dto]?.['required'] ?? []) as readonly string[];
}

/** Only the schemas that the paths refer to, and those that these refer to. */
function used(
  paths: object,
  all: Record<string, Record<string, unknown>>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const collect = (value: object): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(
      /"#\/components\/schemas\/(\w+)"/g,
    )) {
      const schema = all[name];
      if (!schema || name in found) continue;
      found[name] = schema;
      collect(schema);
    }
  };
  collect(paths);
  return found;
}
