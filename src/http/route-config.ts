import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

/** Nest's RouteConfig, but beside what other decorators of the route say: that one keeps only the last. */
export const AlsoRouteConfig =
  (part: FastifyContextConfig): MethodDecorator =>
  (target, name, descriptor) => {
    const known = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value as object) as
      FastifyContextConfig | undefined;
    RouteConfig({ ...known, ...part })(target, name, descriptor);
  };
