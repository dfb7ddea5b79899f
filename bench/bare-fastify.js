// The real limit: a Fastify route with the same compiled schema, and no framework on top of it.
import fastify from 'fastify';
import { readJsonExactly } from '../dist/http/json.js';
import { checkOf } from '../dist/http/schemas.js';
import { SaleBody } from '../dist/sales/sales.dto.js';
import { bareAnswer } from './bare-answer.js';

const check = checkOf(SaleBody);
const app = fastify();
readJsonExactly(app);
app.setValidatorCompiler(() => (value) => {
  const errors = check(value);
  return errors ? { error: new Error(JSON.stringify(errors)) } : { value };
});
app.post('/v1/sales', { schema: { body: {} } }, (request, reply) => {
  reply.code(201).send(bareAnswer(request.body));
});
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
