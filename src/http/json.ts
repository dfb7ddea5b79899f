import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isSafeNumber, parse } from 'lossless-json';
import { configure } from 'safe-stable-stringify';
import { malformed } from './problem.js';

const stringify = configure({ bigint: true, deterministic: false });

/** Fields without so long a run of digits, or a fraction, have no number that a double does not hold or would make whole. */
const LONG_NUMBER = /\d{16}/;
const FRACTION = /"\s*:\s*-?\d+(?:\.|[eE]-)\d/;

/**
 * Bodies are JSON in UTF-8 and nothing else, and are read exactly: whole numbers too large for a double come as bigint.
 * Of an empty body the type does not matter.
 */
export function readJsonExactly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      done(null, bytes.length === 0 ? undefined : bodyIn(bytes as Buffer, request));
    },
  );
  fastify.addContentTypeParser(
    'application/x-ndjson',
    (request: FastifyRequest, payload: Readable, done) => {
      const isTaken = request.routeOptions.config.rule?.named === 'lines' && !isNotUtf8(request);
      // The route that takes lines reads them one by one.
      done(isTaken ? null : ofOtherType(), payload);
    },
  );
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    done(text === '' ? null : ofOtherType(), undefined);
  });
}

/** @throws ProblemError, or Error with its status */
function bodyIn(bytes: Buffer, request: FastifyRequest): unknown {
  if (isNotUtf8(request)) throw ofOtherType();
  if (!isUtf8(bytes)) throw malformed('', 'is not UTF-8');
  try {
    return parseExactly(bytes.toString());
  } catch {
    throw malformed('', 'is not JSON');
  }
}

/** Whether the headers say that the bytes are of another charset, or packed. */
function isNotUtf8({ headers }: FastifyRequest): boolean {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = headers;
  return OTHER_CHARSET.test(type) || coding.toLowerCase() !== 'identity';
}

const OTHER_CHARSET = /;\s*charset=(?!"?utf-?8"?\s*(?:;|$))/i;

function ofOtherType(): Error {
  return Object.assign(new Error('the body is of another type'), { statusCode: 415 });
}

/** Of a field that comes twice the last counts, whatever else the text holds: that is how JSON.parse has it. */
const EXACT = {
  parseNumber: exactNumber,
  onDuplicateKey: ({ newValue }: { readonly newValue: unknown }) => newValue,
};

/** Numbers that are not whole come as doubles, as NaN where that would make them whole. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  const mayBeRounded = LONG_NUMBER.test(text) || FRACTION.test(text);
  return mayBeRounded ? parse(text, undefined, EXACT) : JSON.parse(text);
}

/** What would be rounded to a whole number is none: 0.99999999999999999 is not 1. */
function exactNumber(text: string): number | bigint {
  const rounded = Number(text);
  if (isSafeNumber(text)) return rounded;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  return Number.isInteger(rounded) ? NaN : rounded;
}

/** JSON of a value that may hold sums: bigint becomes an integer, whatever its size. */
export function exactText(value: object): string {
  return stringify(value);
}

/** An answer with sums in it: bigint becomes a JSON integer, whatever its size. */
export function exactly(reply: FastifyReply, value: object): string {
  const type = reply.getHeader('content-type');
  if (type === undefined) void reply.type('application/json; charset=utf-8');
  return stringify(value);
}
