import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { body, parameters } from '../http/checked.pipe.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { DEFAULT_LIMIT } from '../http/paging.js';
import { answer, malformed, problems, sendProblem } from '../http/problem.js';
import { POSITION_CURSOR } from '../projections/filtered-list.js';
import { Views } from '../projections/views.js';
import { waitOrCursor } from '../projections/wait-or-cursor.js';
import { actorOf, By, type Caller } from './caller.js';
import {
  AddedKeyAnswer,
  askedHolder,
  KeyAnswer,
  KeyBody,
  KeyPath,
  KeysAnswer,
  KeysQuery,
  renderKey,
  RevokeBody,
} from './keys.dto.js';
import { KeysCommandHandler } from './keys.command-handler.js';
import { MayCall } from './may-call.js';

/** API keys: only operators make and close them. */
@Controller('v1/keys')
export class KeysController {
  constructor(
    private readonly keys: KeysCommandHandler,
    private readonly views: Views,
  ) {}

  @Post()
  @Operation('addKey', 'Make an API key, which is shown this once')
  @MayCall(['operator'])
  @Takes(KeyBody)
  @Answers(201, AddedKeyAnswer, ['Location'])
  @Problems(404)
  async add(
    @Body(body(KeyBody)) asked: KeyBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const holder = askedHolder(asked);
    if (!holder) throw malformed('scope', WRONG_HOLDER);
    const { name, expiresAt, signed: isSigned } = asked;
    if (expiresAt !== undefined && this.keys.isOver(expiresAt)) {
      throw malformed('expiresAt', 'must be later than now');
    }
    const added = await this.keys.add({ holder, name, expiresAt, isSigned }, actorOf(caller));
    return answer(reply, added, 201, ({ key, text, position }) => {
      void reply.header('Location', `/v1/keys/${key.keyId}`);
      void reply.header('Cache-Control', 'no-store');
      return { ...renderKey(key, position), key: text };
    });
  }

  @Get()
  @Operation('listKeys', 'Every API key that was ever made, in pages')
  @MayCall(['operator', 'auditor'])
  @Answers(200, KeysAnswer)
  @Problems(503)
  async list(@Query(parameters(KeysQuery)) query: KeysQuery): Promise<KeysAnswer> {
    const { merchantId, after, limit = DEFAULT_LIMIT } = query;
    const cursor = await waitOrCursor(this.views, 'keys', after, POSITION_CURSOR);
    const page = this.views.keys.list({ merchantId, after: cursor, limit });
    return { ...page, keys: page.keys.map((key) => renderKey(key)) };
  }

  @Get(':keyId')
  @Operation('getKey', 'An API key')
  @MayCall(['operator', 'auditor'])
  @Answers(200, KeyAnswer)
  @Problems(404)
  async key(
    @Param(parameters(KeyPath)) { keyId }: KeyPath,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = await this.keys.get(keyId);
    return key ? renderKey(key) : sendProblem(reply, noSuchKey());
  }

  @Post(':keyId/revoke')
  @HttpCode(200)
  @Operation('revokeKey', 'Close an API key for good')
  @MayCall(['operator'])
  @Takes(RevokeBody)
  @Answers(200, KeyAnswer)
  @Problems(404)
  async revoke(
    @Param(parameters(KeyPath)) { keyId }: KeyPath,
    @Body(body(RevokeBody)) { reason }: RevokeBody,
    @By() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const revoked = await this.keys.revoke(keyId, reason, actorOf(caller));
    return revoked ? renderKey(revoked.key, revoked.position) : sendProblem(reply, noSuchKey());
  }
}

const WRONG_HOLDER =
  'a terminal key names merchantId and terminalId, a merchant key merchantId, others none';

const noSuchKey = () => problems.unknown({ en: 'There is no such key.', zh: '密钥不存在。' });
