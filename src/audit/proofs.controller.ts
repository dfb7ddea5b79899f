import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import {
  EVENT_STORE,
  type EventStore,
  type Position as LogPosition,
  type StoredEvent,
} from '../event-store/event-store.js';
import { parameters } from '../http/checked.pipe.js';
import {
  Nested,
  Numeral,
  OneOf,
  OpenObject,
  Position,
  Text,
  TextList,
  Timestamp,
  Whole,
} from '../http/fields.js';
import { Answers, Operation, Problems } from '../http/open-api.js';
import { ProblemError, problems } from '../http/problem.js';
import { refuseBackwards } from '../http/span.js';
import { canonicalJson } from '../ledger/canonical-json.js';
import { Views } from '../projections/views.js';
import { holdsSecret } from './audit.queries.js';
import { hashedText } from './domain/log-line.js';
import { HeadSigner } from './head-signer.js';

export class HeadAnswer {
  /** How many events the tree has. */
  @Numeral() treeSize!: number;
  @Text() rootHash!: string;
  @Text() keyId!: string;
  @Text() publicKey!: string;
  @Text() signature!: string;
  @Timestamp() occurredAt!: string;
}

export class ProofPath {
  @Position() position!: string;
}

export class InclusionAnswer {
  @OneOf(['inclusion']) kind!: string;
  @OpenObject() event!: object;
  @Numeral() leafIndex!: number;
  @TextList() path!: string[];
  @Nested(() => HeadAnswer) head!: HeadAnswer;
}

export class ConsistencyQuery {
  @Whole(0, Number.MAX_SAFE_INTEGER) from!: number;
  @Whole(0, Number.MAX_SAFE_INTEGER) to!: number;
}

export class TreeDto {
  @Numeral() treeSize!: number;
  @Text() rootHash!: string;
}

export class ConsistencyAnswer {
  @OneOf(['consistency']) kind!: string;
  @Nested(() => TreeDto) from!: TreeDto;
  @TextList() path!: string[];
  @Nested(() => HeadAnswer) head!: HeadAnswer;
}

const NO_EVENT = { en: 'There is no event at this position.', zh: '此位置没有事件。' };
const NO_PROOF = {
  en: 'What stands at this position is no canonical JSON: no proof can show it.',
  zh: '此位置的内容不是规范 JSON，无法出具证明。',
};
const NO_TREE = { en: 'The log has not so many events.', zh: '日志没有这么多事件。' };

/** What an outsider needs to check that nothing was changed. */
@Controller('v1/audit')
export class ProofsController {
  constructor(
    private readonly views: Views,
    private readonly signer: HeadSigner,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  @Get('head')
  @Operation('getHead', 'The signed head of the tree over the log')
  @MayCall(['operator', 'auditor'])
  @Answers(200, HeadAnswer)
  @Problems()
  async head(): Promise<HeadAnswer> {
    await this.views.waitFor(await this.store.head(), ['trail']);
    return this.signer.head();
  }

  @Get('proof/:position')
  @Operation('getProof', 'That the event at a position is in the log')
  @MayCall(['operator', 'auditor'])
  @Answers(200, InclusionAnswer)
  @Problems(404)
  async proof(
    @Param(parameters(ProofPath)) { position }: ProofPath,
    @By() caller: Caller,
  ): Promise<InclusionAnswer> {
    const stored = await this.store.at(position as LogPosition);
    if (!stored) throw new ProblemError(problems.unknown(NO_EVENT));
    // The event whole is what the tree's hash covers.
    if (caller.scope !== 'operator' && holdsSecret(stored)) {
      throw new ProblemError(problems.notAllowed());
    }
    const event = asHashed(stored);
    if (!event) throw new ProblemError(problems.unknown(NO_PROOF));
    await this.views.waitFor(stored.position, ['trail']);
    const { trail } = this.views;
    const leafIndex = trail.leafAt(position);
    if (leafIndex === undefined) throw new ProblemError(problems.unknown(NO_EVENT));
    const head = this.signer.head();
    return {
      kind: 'inclusion',
      event,
      leafIndex,
      path: trail.inclusion(leafIndex, head.treeSize),
      head,
    };
  }

  @Get('consistency')
  @Operation('getConsistency', 'That the log of one size is the front of the log of another')
  @MayCall(['operator', 'auditor'])
  @Answers(200, ConsistencyAnswer)
  @Problems(404)
  async consistency(
    @Query(parameters(ConsistencyQuery)) { from, to }: ConsistencyQuery,
  ): Promise<ConsistencyAnswer> {
    refuseBackwards(from, to);
    await this.views.waitFor(await this.store.head(), ['trail']);
    const { trail } = this.views;
    if (to > trail.size()) throw new ProblemError(problems.unknown(NO_TREE));
    return {
      kind: 'consistency',
      from: { treeSize: from, rootHash: trail.root(from) },
      path: trail.consistency(from, to),
      head: this.signer.head(to),
    };
  }
}

/** The event of which the hash is. Of what others have written in another form nobody could make that text again. */
function asHashed(stored: StoredEvent): object | undefined {
  const text = hashedText(stored);
  try {
    const event = JSON.parse(text) as object;
    return canonicalJson(event) === text ? event : undefined;
  } catch {
    return undefined;
  }
}
