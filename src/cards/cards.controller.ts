import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { actorOf, By, type Caller } from '../access/caller.js';
import { MayCall } from '../access/may-call.js';
import { body, parameters } from '../http/checked.pipe.js';
import { CardToken, OneOf, Position, Text } from '../http/fields.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { CardsCommandHandler } from './cards.command-handler.js';
import type { CardStatus } from './domain/card.js';

const STATUSES = ['active', 'lost', 'frozen', 'cancelled'] as const;

export class CardPath {
  @CardToken() token!: string;
}

export class CardStatusBody {
  @OneOf(STATUSES) status!: CardStatus;
}

export class CardStatusAnswer extends CardStatusBody {
  @CardToken() token!: string;
  @Text() responseCode!: string;
  @Position() position!: string;
}

@Controller('v1/cards/:token')
export class CardsController {
  constructor(private readonly cards: CardsCommandHandler) {}

  @Get('status')
  @Operation('getCardStatus', 'Whether a card is reported lost, frozen or cancelled')
  @MayCall(['operator', 'auditor'])
  @Answers(200, CardStatusAnswer)
  @Problems()
  async status(@Param(parameters(CardPath)) { token }: CardPath): Promise<CardStatusAnswer> {
    return { token, ...(await this.cards.status(token)), responseCode: '00' };
  }

  @Put('status')
  @Operation('setCardStatus', 'Report a card lost, frozen or cancelled, or restore it')
  @MayCall(['operator'])
  @Takes(CardStatusBody)
  @Answers(200, CardStatusAnswer)
  @Problems()
  async setStatus(
    @Param(parameters(CardPath)) { token }: CardPath,
    @Body(body(CardStatusBody)) { status }: CardStatusBody,
    @By() caller: Caller,
  ): Promise<CardStatusAnswer> {
    const set = await this.cards.setStatus(token, status, actorOf(caller));
    return { token, ...set, responseCode: '00' };
  }
}
