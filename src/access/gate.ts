import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ProblemError, problems } from '../http/problem.js';
import { whole } from '../http/signed-body.js';
import { strangerIn } from './borders.js';
import type { Caller } from './caller.js';
import { closedBy, type Key } from './domain/key.js';
import type { Keyring, KeyRecord } from './keyring.js';
import { isHeld, type RouteRule } from './may-call.js';
import { isSecretOf, readKey } from './secret.js';
import type { KeyRate } from './key-rate.js';
import type { UsedSignatures } from './used-signatures.js';
import { readSignature, type Signature, type SignatureOfKey, Signatures } from './signature.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a signed request, until its body is there to be compared. */
    signature: SignatureOfKey | null;
  }
}

/** What describes the API shows nothing of the ledger. */
const DESCRIPTION = /^\/(docs|openapi)\b/;

/** Names of schemes are the same in any case (RFC 9110, 11.1). */
const BEARER = /^Bearer +/i;

const CHALLENGE = 'Bearer realm="tillbook", Tillbook-HMAC-SHA256 realm="tillbook"';

/** Every route must say who may call it. @throws Error at the start for one that does not */
export function requireRules(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    const rule = config?.rule;
    if (!rule && !DESCRIPTION.test(url)) {
      throw new Error(`${String(method)} ${url} does not say who may call it: give it @MayCall`);
    }
    const isNamed =
      rule?.named !== 'path' || /:(merchantId|saleId|approvalId|appealId|payoutId)\b/.test(url);
    if (rule?.scopes.some(isHeld) && !isNamed) {
      throw new Error(`${String(method)} ${url} does not say whose it is: name it in @MayCall`);
    }
  });
}

/** Lets through what the holder of a key may do, by the rules of the routes. */
export class Gate {
  /** `now`: the ledger's clock, by which keys expire. */
  constructor(
    private readonly keyring: Keyring,
    private readonly now: () => number,
    private readonly rate: KeyRate,
    private readonly used: Pick<UsedSignatures, 'take'>,
    private readonly signatures = new Signatures(),
  ) {}

  guard(fastify: FastifyInstance): void {
    fastify.decorateRequest('caller', null);
    fastify.decorateRequest('signature', null);
    fastify.addHook('onRequest', (request, reply, done) => {
      const rule = ruleOf(request);
      if (!rule || rule.isOpen) done();
      else this.authenticate(request, reply, rule, done);
    });
    fastify.addHook('preParsing', (request, reply, payload, done) => {
      const { signature } = request;
      const rule = ruleOf(request);
      if (!signature || !rule) done(null, payload);
      else {
        this.proved(request, reply, { rule, signature, payload }).then((body) => {
          done(null, body);
        }, done);
      }
    });
    fastify.addHook('preHandler', (request, reply, done) => {
      const { caller } = request;
      const rule = ruleOf(request);
      if (caller?.keyId === undefined || !rule) done();
      else this.complete(request, reply, { caller, keyId: caller.keyId, rule }, done);
    });
  }

  /** Whether the key that a request came with would still let it in: what goes on for long may outlive it. */
  async stillAdmits({ keyId }: Pick<Caller, 'keyId'>): Promise<boolean> {
    if (keyId === undefined) return true;
    return this.isOpen((await this.keyring.find(keyId)).key);
  }

  private isOpen(key: Key | undefined): key is Key {
    return key !== undefined && closedBy(key, this.now()) === undefined;
  }

  /** Once all of it is there, which may be long after its headers: a key that was closed meanwhile opens nothing. */
  private complete(
    request: FastifyRequest,
    reply: FastifyReply,
    { caller, keyId, rule }: Complete,
    done: (error?: Error) => void,
  ): void {
    const admit = ({ key }: KeyRecord): void => {
      const refusal = this.isOpen(key) ? strange(caller, request, rule) : unauthenticated(reply);
      const { signature } = request;
      if (refusal || !signature || !isUnnamed(request, caller, rule)) done(refusal);
      else {
        this.used.take(keyId, signature.nonce, caller).then((isFirst) => {
          done(isFirst ? undefined : unauthenticated(reply));
        }, done);
      }
    };
    const known = this.keyring.known(keyId);
    if (known) admit(known);
    else this.keyring.reload(keyId).then(admit, done);
  }

  /** Who it is: the key is in memory, or is read once. */
  private authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    rule: RouteRule,
    done: (error?: Error) => void,
  ): void {
    const presented = presentedBy(request);
    if (!presented) {
      done(unauthenticated(reply));
      return;
    }
    const admit = (record: KeyRecord): void => {
      const refusal = this.admit(request, reply, presented, record.key);
      // A signature is proved once the body is there.
      if (refusal || presented.signature) done(refusal);
      else this.spend(request, reply, rule).then(done, done);
    };
    const known = this.keyring.known(presented.keyId);
    if (known) admit(known);
    else this.keyring.reload(presented.keyId).then(admit, done);
  }

  private admit(
    request: FastifyRequest,
    reply: FastifyReply,
    { secret, signature }: Presented,
    key: Key | undefined,
  ): Error | undefined {
    if (!this.isOpen(key)) return unauthenticated(reply);
    if (key.isSigned !== (signature !== undefined)) return unauthenticated(reply);
    if (secret !== undefined && !isSecretOf(key.hash, secret)) return unauthenticated(reply);
    request.signature = signature ? { ...signature, key } : null;
    request.caller = callerWith(key);
    return undefined;
  }

  /** Of whoever is known each request counts, and is told so, also one that the key may not make. */
  private async spend(
    request: FastifyRequest,
    reply: FastifyReply,
    rule: RouteRule,
  ): Promise<Error | undefined> {
    const keyId = request.caller?.keyId;
    const spent = keyId === undefined ? undefined : await this.rate.spend(keyId, reply);
    return spent ?? (mayCall(request, rule) ? undefined : forbidden());
  }

  /**
   * The body of a signed request, whole. Who has not proved who they are is not told what a key may do, nor what is wrong
   * with what they sent, nor do they spend of the key. @throws ProblemError
   */
  private async proved(
    request: FastifyRequest,
    reply: FastifyReply,
    { rule, signature, payload }: Signed,
  ): Promise<Readable> {
    const body = await whole(payload, request.routeOptions);
    const verdict = this.signatures.admit(request, signature, body);
    if (verdict === 'unproved') throw unauthenticated(reply);
    if (verdict !== 'admitted') throw tooMany(verdict.waitSeconds);
    const refusal = await this.spend(request, reply, rule);
    if (refusal) throw refusal;
    return Readable.from([body], { objectMode: false });
  }
}

/** Made anew for each request, so field by field: a spread would cost as much as the rest of the gate. */
function callerWith({ holder, keyId }: Key): Caller {
  switch (holder.scope) {
    case 'terminal': {
      const { scope, merchantId, terminalId } = holder;
      return { scope, merchantId, terminalId, keyId };
    }
    case 'merchant':
      return { scope: holder.scope, merchantId: holder.merchantId, keyId };
    case 'operator':
    case 'auditor':
      return { scope: holder.scope, keyId };
  }
}

interface Complete {
  readonly caller: Caller;
  readonly keyId: string;
  readonly rule: RouteRule;
}

interface Signed {
  readonly rule: RouteRule;
  readonly signature: SignatureOfKey;
  readonly payload: Readable;
}

/**
 * Whether a write is such that nothing would know it again if it came to another node, or after a restart, where its nonce is
 * forgotten: of a request whose body says whose it is the name is known, and what a terminal does to its batch it does once.
 */
function isUnnamed({ method }: FastifyRequest, { scope }: Caller, { named }: RouteRule): boolean {
  return method !== 'GET' && method !== 'HEAD' && scope !== 'terminal' && named === 'path';
}

/** What the request names that is not the caller's. */
function strange(caller: Caller, request: FastifyRequest, rule: RouteRule): Error | undefined {
  const stranger = strangerIn(caller, request, rule.named);
  return stranger && new ProblemError(stranger);
}

interface Presented {
  readonly keyId: string;
  readonly secret?: string;
  readonly signature?: Signature;
}

function presentedBy(request: FastifyRequest): Presented | undefined {
  const { authorization = '' } = request.headers;
  if (BEARER.test(authorization)) return readKey(authorization.replace(BEARER, ''));
  const signature = readSignature(request);
  return signature && { keyId: signature.keyId, signature };
}

function ruleOf(request: FastifyRequest): RouteRule | undefined {
  return request.routeOptions.config.rule;
}

function mayCall({ caller }: FastifyRequest, { scopes }: RouteRule): boolean {
  return caller !== null && scopes.includes(caller.scope);
}

/** One answer whatever was wrong: nothing is to be learned from it. */
function unauthenticated(reply: FastifyReply): ProblemError {
  void reply.header('WWW-Authenticate', CHALLENGE);
  return new ProblemError(problems.unauthenticated());
}

function tooMany(waitSeconds: number): ProblemError {
  return new ProblemError(problems.tooManyRequests(waitSeconds), waitSeconds);
}

const forbidden = (): ProblemError => new ProblemError(problems.notAllowed());
