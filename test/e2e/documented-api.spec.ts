import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Settings } from '../../src/config.js';
import { type Operation, operationsIn } from '../support/operations.js';
import { Tillbook } from '../support/tillbook.js';

const page = readFileSync('docs/api.md', 'utf8');

/** What is said in code in the first two cells of each row of the table below a heading. */
function rowsBelow(heading: string): string[][][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [, , ...rows] = section.match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.split('|').slice(1, 3).map(codesIn));
}

function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** `path`: without `/v1`. */
type Call = Pick<Operation, 'method' | 'path' | 'query'>;

async function servedCalls(): Promise<Call[]> {
  const ledger = await Tillbook.start();
  const { body } = await ledger.get('/openapi.json');
  ledger.close();
  return operationsIn(body).map((call) => ({ ...call, path: call.path.replace(/^\/v1/, '') }));
}

/**
 * The calls of the page. One that names no method has that of the call before it, and its query; `…` stands for as much as
 * makes a route of what the path before it begins with.
 */
function documentedCalls(served: readonly Call[]): Call[] {
  const isServed = (method: string, path: string): boolean =>
    served.some((call) => call.method === method && call.path === path);
  let before: Call = { method: '', path: '', query: [] };
  return rowsBelow('Routes').flatMap(([calls = []]) =>
    calls.map((code) => {
      const [, own, said = '', query] = /^(?:([A-Z]+) )?([^?]*)(?:\?(.*))?$/.exec(code) ?? [];
      const method = own ?? before.method;
      const begins = beginningsOf(before.path).map((beginning) => said.replace('…', beginning));
      const path = begins.find((each) => isServed(method, each)) ?? said;
      const inherited = own === undefined ? before.query : [];
      const names = query?.split('&').map((name) => name.replace(/=$/, '')) ?? inherited;
      before = { method, path, query: names };
      return before;
    }),
  );
}

/** The whole path, then with a segment less each time. */
function beginningsOf(path: string): string[] {
  const segments = path.split('/');
  return segments.map((_, less) => segments.slice(0, segments.length - less).join('/'));
}

const inOrder = (calls: readonly Call[]): string[] =>
  calls.map(({ method, path, query }) => `${path} ${method} ${[...query].sort().join(' ')}`).sort();

test('docs/api.md has every route, with every parameter behind its address, and no other', async () => {
  const served = await servedCalls();
  expect(inOrder(documentedCalls(served))).toEqual(inOrder(served));
});

test('docs/api.md has every setting, with its default, and no other', () => {
  const documented = rowsBelow('Settings').flatMap(([names = [], defaults = []]) =>
    names.map((name, index) => [name, defaults[index] ?? '']),
  );
  const settings = Object.entries(new Settings()).map(([name, value]) => [name, String(value)]);
  // Without a file of its own the key is in the data folder, where there is one.
  const expected = { ...Object.fromEntries(settings), AUDIT_KEY_FILE: 'audit-key.pem' };
  expect(Object.fromEntries(documented)).toEqual(expected);
});
