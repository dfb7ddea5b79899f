import { describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { negotiated } from '../../../src/http/negotiated.js';

describe('the kind of an answer', () => {
  test.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/*', 'text/csv'],
    ['text/csv;q=0.5, application/json', 'application/json'],
    ['text/csv, application/json;q=0.9', 'text/csv'],
    ['text/csv;q=0, */*', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['application/pdf', 'application/json'],
    [', ;;q', 'application/json'],
  ])('to Accept %p is %s', async (accept, kind) => {
    const app = fastify();
    app.get('/', (_, reply) => ({ kind: negotiated(reply, ['application/json', 'text/csv']) }));
    const answered = await app.inject({
      url: '/',
      headers: accept === undefined ? {} : { accept },
    });
    expect(answered.json()).toEqual({ kind });
    expect(answered.headers.vary).toBe('Accept');
    await app.close();
  });
});
