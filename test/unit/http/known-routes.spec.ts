import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { KnownRoutes } from '../../../src/http/known-routes.js';

test.each<[string, string[]]>([
  ['/v1/sales', ['POST']],
  ['/v1/sales?limit=1', ['POST']],
  ['/v1/sales/a.b', ['GET', 'PUT']],
  ['/v1/sales/a.b?at=/x', ['GET', 'PUT']],
  ['/v1/sales/a/b', []],
  ['/v1/sales/', []],
  ['/v1/salesx', []],
  ['/docs/any/thing', ['GET']],
  ['/', []],
])('%s takes %j', async (url, methods) => {
  const server = fastify({ exposeHeadRoutes: false });
  const routes = new KnownRoutes(server);
  const nothing = () => null;
  server.post('/v1/sales', nothing);
  server.put('/v1/sales/:saleId', nothing);
  server.get('/v1/sales/:saleId', nothing);
  server.get('/docs/*', nothing);
  expect(routes.methodsAt(url)).toEqual(methods);
  await server.close();
});
