import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { Service } from '../../../src/cli/service.js';

test('an answer may hold fractions of many digits, and whole numbers too large for a double', async () => {
  const server = createServer((_request, response) => {
    response.end('{"share":0.12345678901234567,"total":9007199254740993,"count":3}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const service = new Service(`http://127.0.0.1:${port}`, '');
  const { body } = await service.ask('GET', '/figures').finally(() => server.close());

  expect(body).toEqual({
    share: Number('0.12345678901234567'),
    total: 9007199254740993n,
    count: 3,
  });
});

test('a service that does not answer is named', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();

  const asked = new Service(`http://127.0.0.1:${port}`, '').ask('GET', '/v1/keys');
  await expect(asked).rejects.toThrow(`the service at http://127.0.0.1:${port} does not answer`);
});
