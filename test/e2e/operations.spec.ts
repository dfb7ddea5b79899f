import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { GLOSSARY } from '../../src/http/glossary.js';
import type { ProjectionDto } from '../../src/projections/projections.dto.js';
import { Shop } from '../support/shop.js';
import { Tillbook } from '../support/tillbook.js';

let ledger: Tillbook;
let shop: Shop;

beforeAll(async () => {
  ledger = await Tillbook.start();
  shop = await Shop.open(ledger);
});

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly {
    name: string;
    in: string;
    required: boolean;
    description?: string;
    schema: object;
  }[];
  readonly requestBody?: Whole;
  readonly responses: Record<string, Whole & { description: string }>;
}

interface Whole {
  readonly content?: Record<string, { readonly schema?: { readonly $ref?: string } }>;
}

interface Field {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
}

const MONEY =
  /amount|fee|reserve|net$|gross|voided|refunded|remaining|pending|available|receivable|balance|cost|difference$|^paidOut|^inTransit|^minimum|^cap$|Above$/i;

type Paths = Record<string, Record<string, Operation>>;

describe('the OpenAPI document', () => {
  test('tells of all that an answer may be, and of the headers on either side', async () => {
    const { paths, components } = (await ledger.get('/openapi.json')).body;
    const sale = paths['/v1/sales'].post;
    const headersOf = ({ headers }: { headers: object }) => Object.keys(headers);
    const chargebacks = '/v1/sales/{saleId}/chargebacks';
    const namesIn = (operation: Operation) => operation.parameters.map(({ name }) => name);

    expect(Object.keys(sale.responses)).toEqual(expect.arrayContaining(['408', '417', '431']));
    for (const status of ['201', '400', '403', '429']) {
      const rate = ['RateLimit', 'RateLimit-Policy'];
      expect(headersOf(sale.responses[status])).toEqual(expect.arrayContaining(rate));
    }
    expect(headersOf(paths[chargebacks].post.responses['201'])).toContain('ETag');
    expect(headersOf(paths['/v1/payouts/{payoutId}/returned'].post.responses['200'])).toContain(
      'Idempotency-Replayed',
    );
    expect(sale.security).toEqual([{ key: [] }, { signature: [] }]);
    expect(Object.keys(components.securitySchemes)).toEqual(['key', 'signature']);
    expect(components.schemas.ProblemDocument.properties.nextStep.enum).toHaveLength(7);
    expect(namesIn(paths['/v1/audit/events'].get)).toContain('Last-Event-ID');
    expect(namesIn(sale)).toContain('Sandbox-Fault');
  });

  test('is valid OpenAPI 3.1', async () => {
    const { body, text } = await ledger.get('/openapi.json');

    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module'], {
      cwd: import.meta.dirname,
      input: `import SwaggerParser from '@apidevtools/swagger-parser'; await SwaggerParser.validate(${text});`,
    });

    expect(body.openapi).toMatch(/^3\.1\./);
    expect([status, String(stderr)]).toEqual([0, '']);
  });

  test('has schemas that are schemas by the metaschema of JSON Schema 2020-12', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const { schemas } = (await ledger.get('/openapi.json')).body.components;
    const wrong = Object.keys(schemas).filter((name) => !ajv.validateSchema(schemas[name]));
    expect([wrong, ajv.errors ?? []]).toEqual([[], []]);
    expect(ajv.validateSchema({ properties: { amount: { minimum: 'none' } } })).toBe(false);
  });

  test('gives an example, which the service takes, where no generator knows the format', async () => {
    const { schemas } = (await ledger.get('/openapi.json')).body.components;
    const exampleOf = (schema: string, field: string) =>
      schemas[schema].properties[field].examples?.[0] as unknown;

    const { status } = await ledger.put(`${shop.path}e`, {
      name: 'By example',
      currency: exampleOf('MerchantBody', 'currency'),
      timeZone: exampleOf('MerchantBody', 'timeZone'),
      payoutAccount: { iban: exampleOf('PayoutAccountDto', 'iban') },
    });

    expect(status).toBe(201);
  });

  test('says of each parameter of the trail which events it leaves', async () => {
    const { paths } = (await ledger.get('/openapi.json')).body;
    const told = new Map<string, string>(
      (paths['/v1/audit/events'].get as Operation).parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, description = '' }) => [name, description]),
    );
    expect([...told.keys()].sort()).toEqual(
      ['after', 'from', 'limit', 'merchantId', 'saleId', 'terminalId', 'to', 'type'].sort(),
    );
    for (const [name, description] of told)
      expect([name, description]).toEqual([name, expect.stringMatching(/\w/)]);
    expect(told.get('to')).toContain('before this time');
  });

  test('says of every sum of money that it is in minor units, wherever one stands', async () => {
    const { components } = (await ledger.get('/openapi.json')).body;
    const schemas = components.schemas as Record<string, { properties?: Record<string, Field> }>;
    const silent = Object.entries(schemas).flatMap(([schema, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([name, { type }]) => type === 'integer' && MONEY.test(name))
        .filter(([, { description = '' }]) => !description.includes('minor unit'))
        .map(([name]) => `${schema}.${name}`),
    );

    expect(silent).toEqual([]);
    expect(schemas['GiveBackBody']?.properties?.['amount']?.description).toContain(
      'all that is left',
    );
  });

  test('says of every whole number that it may have 64 bits: clients are made with 32 where nothing is said', async () => {
    const { text } = await ledger.get('/openapi.json');
    const narrow: Field[] = [];
    JSON.parse(text, (_, schema: Field | null) => {
      const isWhole = [schema?.type].flat().includes('integer');
      if (schema && isWhole && schema.format !== 'int64') narrow.push(schema);
      return schema;
    });

    expect(narrow).toEqual([]);
  });

  test('names by their endings what is sent, what is answered, and what is a part of them', async () => {
    const { paths, components } = (await ledger.get('/openapi.json')).body;
    const operations = Object.values(paths as Paths).flatMap((item) => Object.values(item));
    const named = (whole: Whole | undefined): string[] =>
      Object.values(whole?.content ?? {}).flatMap(
        ({ schema }) => schema?.$ref?.split('/').at(-1) ?? [],
      );
    const bodies = operations.flatMap(({ requestBody }) => named(requestBody));
    const answers = operations.flatMap(({ responses }) => Object.values(responses).flatMap(named));
    const whole = new Set([...bodies, ...answers]);
    const parts = Object.keys(components.schemas).filter((name) => !whole.has(name));

    expect(bodies.filter((name) => !name.endsWith('Body'))).toEqual([]);
    expect(
      answers.filter((name) => !/(Answer|^ProblemDocument|^TrailEventDto)$/.test(name)),
    ).toEqual([]);
    expect(parts.filter((name) => !name.endsWith('Dto'))).toEqual([]);
  });

  test('says what each word of the glossary means, in a field or a parameter', async () => {
    const { text } = await ledger.get('/openapi.json');
    const unused = Object.values(GLOSSARY).filter(
      (meaning) => !text.includes(JSON.stringify(meaning)),
    );
    expect(unused).toEqual([]);
  });

  test('names and explains every operation, its parameters with their types, and its failures', async () => {
    const { body } = await ledger.get('/openapi.json');
    const operations = Object.entries(body.paths as Paths).flatMap(([path, item]) =>
      Object.values(item).map((operation) => ({ path, ...operation })),
    );

    expect(operations.length).toBeGreaterThan(25);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operationId, summary, tags, parameters, responses } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect([operationId, summary.length > 0, tags.length]).toEqual([operationId, true, 1]);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = parameters.filter((parameter) => parameter.in === 'path');
      expect(described.map(({ name }) => name).sort()).toEqual(inPath.sort());
      for (const parameter of parameters) expect(Object.keys(parameter.schema)).not.toEqual([]);
      for (const [status, { content = {} }] of Object.entries(responses)) {
        const isProblem = Number(status) >= 400 && !path.startsWith('/health');
        if (isProblem) expect(Object.keys(content)).toEqual(['application/problem+json']);
      }
    }
  });
});

describe('GET /docs', () => {
  test('is a page whose every part comes from the service itself', async () => {
    const page = await ledger.get('/docs');

    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => part);
    expect(page.headers['content-type']).toContain('text/html');
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      const url = new URL(part, `${ledger.url}/docs`);
      const { status, text } = await ledger.get(url.pathname);
      expect([part, url.origin, status]).toEqual([part, ledger.url, 200]);
      expect(text.length).toBeGreaterThan(0);
    }
  });
});

describe('probes and figures', () => {
  test('the service is live, and ready with each of its parts', async () => {
    const live = await ledger.get('/health/live');
    const ready = await ledger.get('/health/ready');

    expect([live.status, live.body]).toEqual([200, { status: 'live' }]);
    expect([ready.status, ready.body.status]).toEqual([200, 'ready']);
    expect(ready.body.parts).toEqual(
      expect.arrayContaining([
        { name: 'service', status: 'ready' },
        { name: 'event store', status: 'ready' },
        { name: 'view sales', status: 'ready' },
      ]),
    );
  });

  test('requests are counted by the pattern of their route, never by the names in it', async () => {
    await shop.sell();
    await ledger.get(shop.path);
    await ledger.get(`/v1/${shop.merchantId}`);

    const { status, headers, text } = await ledger.get('/metrics');

    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(text).toMatch(
      /^tillbook_http_request_duration_seconds_count\{method="POST",route="\/v1\/sales",status="201"\} 1$/m,
    );
    expect(text).toMatch(/^tillbook_view_position\{view="head"\} \d+$/m);
    expect(text).not.toContain(shop.merchantId);
  });

  test('each projection says how far it is', async () => {
    const { position } = await shop.sell();
    await ledger.get(`${shop.path}/sales?after=${position}`);

    const { body } = await ledger.get('/v1/projections');

    const sales = (body.projections as ProjectionDto[]).find(({ name }) => name === 'sales');
    expect(sales).toMatchObject({ status: 'following', version: expect.any(Number) });
    expect(sales && sales.position >= position).toBe(true);
    expect(sales?.lag).toBe(Number(sales?.head) - Number(sales?.position));
  });
});
