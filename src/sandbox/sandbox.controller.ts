import { Body, Controller, Get, HttpCode, Put } from '@nestjs/common';
import { MayCall } from '../access/may-call.js';
import { body } from '../http/checked.pipe.js';
import { Timestamp } from '../http/fields.js';
import { Answers, Operation, Problems, Takes } from '../http/open-api.js';
import { refuseBeyondClock } from '../http/span.js';
import { SandboxCommandHandler } from './sandbox.command-handler.js';

export class ClockBody {
  @Timestamp() now!: string;
}

export class ClockAnswer {
  @Timestamp() now!: string;
}

/** There only with SANDBOX=on. */
@Controller('v1/sandbox')
export class SandboxController {
  constructor(private readonly sandbox: SandboxCommandHandler) {}

  @Get('clock')
  @Operation('getClock', 'What time it is in the ledger')
  @MayCall(['operator'])
  @Answers(200, ClockAnswer)
  @Problems()
  clock(): ClockAnswer {
    return { now: this.sandbox.clockText };
  }

  @Put('clock')
  @MayCall(['operator'])
  @HttpCode(200)
  @Operation('setClock', 'Put the clock somewhere; it stands still from then on')
  @Takes(ClockBody)
  @Answers(200, ClockAnswer)
  @Problems()
  setClock(@Body(body(ClockBody)) { now }: ClockBody): Promise<ClockAnswer> {
    const time = Date.parse(now);
    refuseBeyondClock('now', time);
    return this.sandbox.setClock(time);
  }
}
