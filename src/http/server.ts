import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import { claimsSignature } from '../access/signature.js';
import type { Settings } from '../config.js';
import { malformed, ProblemError, problems, sendProblem } from './problem.js';
import { requestId } from './tracing.js';

const BODY_LIMIT = 1024 * 1024;
/** How often connections are looked through for headers that take too long. */
const SLOW_CHECK_MS = 1_000;
/** How long who was told that it is no HTTP may take to read it. */
const LAST_WORDS_MS = 1_000;

/** The HTTP server with its limits. What can't even be routed is answered by a problem document, too. */
export function httpAdapter({ LOG_LEVEL, REQUEST_TIMEOUT_SECONDS }: Settings): FastifyAdapter {
  return new FastifyAdapter({
    logger: { level: LOG_LEVEL },
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: 0,
    http: {
      requestTimeout: 0,
      headersTimeout: REQUEST_TIMEOUT_SECONDS * 1_000,
      connectionsCheckingInterval: SLOW_CHECK_MS,
      requireHostHeader: false,
    },
    genReqId: requestId as never,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // A name too long to be one is told of by the route, as any other that is none: no head is as long as this.
    routerOptions: { maxParamLength: 16_384 },
    // The router calls an address no request's own that can't be decoded.
    frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.send(sendProblem(reply, problems.unreadable(400)));
    },
    clientErrorHandler: (error, socket) => {
      answerNotHttp(error, socket);
    },
  });
}

/** What browsers are told: nothing but the page at /docs loads anything, and only from here. */
const BROWSERS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // What ends TLS in front of the service says it, or nobody can.
  strictTransportSecurity: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Every answer has the same of these headers: they are worked out once. */
export function secure(fastify: FastifyInstance): void {
  const headers = new Map<string, string>();
  const answer = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  helmet(BROWSERS)({} as IncomingMessage, answer as unknown as ServerResponse, () => undefined);
  const named = Object.fromEntries(headers);
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(named);
    done();
  });
}

/** Refuses what Node would without a word, or not at all: no host or several (RFC 9112, 3.2), an Expect that is not known. */
export function refuseUnmet(fastify: FastifyInstance): void {
  const { server } = fastify;
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  fastify.addHook('onRequest', ({ raw: { httpVersion, headers, rawHeaders } }, _reply, done) => {
    const { host, expect = GO_ON } = headers;
    if (httpVersion !== '1.1') done();
    else if (host === undefined) done(malformed('Host', 'is missing'));
    else if (rawHeaders.filter(isHost).length > 1) done(malformed('Host', 'is there twice'));
    else if (expect.toLowerCase() !== GO_ON) done(new ProblemError(problems.unreadable(417)));
    else done();
  });
}

const GO_ON = '100-continue';

/** Of headers as they came, names and values in turn. */
function isHost(text: string, index: number): boolean {
  return index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host';
}

/**
 * Cuts off a body that has not arrived in time. Lines may take as long as something goes on, either way: a till that
 * sends a day's over a thin line is answered as it goes. Signed ones are a body: nobody has proved yet who they are.
 */
export function limitBodies(fastify: FastifyInstance, { REQUEST_TIMEOUT_SECONDS }: Settings): void {
  const patienceMs = REQUEST_TIMEOUT_SECONDS * 1_000;
  fastify.addHook('onRequest', ({ raw, routeOptions }, reply, done) => {
    const takesLines = routeOptions.config.rule?.named === 'lines';
    if (takesLines) raw.setTimeout(patienceMs, () => raw.socket.destroy());
    const isWhole = !takesLines || claimsSignature(raw);
    if (isWhole && hasBody(raw)) {
      // Most bodies come with their headers, and are read before the next tick: a timer is for the others.
      process.nextTick(() => {
        if (!raw.complete) cutOffLate(raw, reply, patienceMs);
      });
    }
    done();
  });
}

/** What is answered is not carried out any more, whatever still comes. */
function cutOffLate(raw: IncomingMessage, reply: FastifyReply, patienceMs: number): void {
  const timer = setTimeout(() => {
    if (raw.complete) return;
    if (reply.sent) raw.socket.destroy();
    else {
      void reply.header('Connection', 'close').send(sendProblem(reply, problems.unreadable(408)));
    }
  }, patienceMs);
  raw.once('close', () => {
    clearTimeout(timer);
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/** What the server knows of a connection: the answer that is to be sent on it next. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null };

/** What came is no HTTP request, or its headers are too large or too late. Requests before it are answered first. */
function answerNotHttp(error: { code?: string }, socket: Connection): void {
  const { code } = error;
  const { _httpMessage: answer } = socket;
  if (code === 'ECONNRESET' || !socket.writable || isCutShort(answer)) {
    socket.destroy();
    return;
  }
  if (answer?.req.complete) {
    answer.once('close', () => {
      answerNotHttp(error, socket);
    });
    return;
  }
  const status =
    code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify(problems.unreadable(status));
  const head = [
    `HTTP/1.1 ${status} `,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Who does not hang up then is.
  socket.setTimeout(LAST_WORDS_MS);
}

/** Whether its request breaks off when something of the answer is out already. */
function isCutShort(answer: ServerResponse | null | undefined): boolean {
  return answer?.headersSent === true && !answer.req.complete;
}
