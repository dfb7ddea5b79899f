import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { Service } from '../../../src/cli/service.js';

test.each([
  ['tbk_p3k9x0v7m2qa_5f0c…', 'Bearer tbk_p3k9x0v7m2qa_5f0c%E2%80%A6'],
  ['tbk_p3k9x0v7m2qa_5f0c\r\n', 'Bearer tbk_p3k9x0v7m2qa_5f0c'],
])('a key is sent whatever it holds, for the service to judge: %j', async (key, sent) => {
  const server = createServer(({ headers }, response) => {
    response.end(JSON.stringify({ detail: headers.authorization }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const service = new Service(`http://127.0.0.1:${port}`, key);
  const { body } = await service.ask('GET', '/v1/keys').finally(() => server.close());

  expect(body.detail).toBe(sent);
});

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

test.each([
  ['GET', ''],
  ['POST', '; whether it does what was asked is not known'],
] as const)('a service that hangs is not waited for for ever: %s', async (method, open) => {
  for (const begun of ['', '{']) {
    const server = createServer((_request, response) => {
      if (begun !== '') response.write(begun);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;

    const asked = new Service(`http://127.0.0.1:${port}`, '').ask(
      method,
      '/v1/keys',
      undefined,
      100,
    );

    await expect(asked).rejects.toThrow(
      `the service at http://127.0.0.1:${port} does not answer within 0.1 s${open}`,
    );
    server.close();
  }
});

test('a service that does not answer is named', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();

  const asked = new Service(`http://127.0.0.1:${port}`, '').ask('GET', '/v1/keys');
  await expect(asked).rejects.toThrow(`the service at http://127.0.0.1:${port} does not answer`);
});
