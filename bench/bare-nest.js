// What the framework costs: a Nest route on Fastify that validates a sale and stores nothing.
// With VALIDATION=pipe by Nest's own ValidationPipe, else by the schema that the service compiles from the same class.
import 'reflect-metadata';
import { Body, Controller, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { body } from '../dist/http/checked.pipe.js';
import { readJsonExactly } from '../dist/http/json.js';
import { SaleBody } from '../dist/sales/sales.dto.js';
import { bareAnswer } from './bare-answer.js';

const isPipe = process.env.VALIDATION === 'pipe';
const pipe = isPipe
  ? new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, expectedType: SaleBody })
  : body(SaleBody);

class BareController {
  take(sale) {
    return bareAnswer(sale);
  }
}
Controller('v1/sales')(BareController);
Post()(
  BareController.prototype,
  'take',
  Object.getOwnPropertyDescriptor(BareController.prototype, 'take'),
);
Body(pipe)(BareController.prototype, 'take', 0);

class BareModule {}
Module({ controllers: [BareController] })(BareModule);

const adapter = new FastifyAdapter();
const app = await NestFactory.create(BareModule, adapter, { bodyParser: false, logger: false });
readJsonExactly(adapter.getInstance());
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
