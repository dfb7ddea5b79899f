import {
  Currency,
  Identifier,
  Nested,
  NestedList,
  Optional,
  Position,
  Text,
  TextList,
} from '../http/fields.js';
import { DEFAULT_LIMIT, PageQuery } from '../http/paging.js';
import { pageOf } from '../projections/page.js';
import { placeIn } from '../projections/wait-or-cursor.js';
import type { Merchant } from './domain/merchant.js';
import { terminalsOfStore } from './domain/store.js';
import { MerchantPath, PlaceLimitsDto } from './merchants.dto.js';

export class TerminalPath extends MerchantPath {
  @Identifier(8) terminalId!: string;
}

export class StorePath extends MerchantPath {
  @Identifier(15) storeId!: string;
}

export class TerminalBody {
  @Identifier(15) storeId!: string;
  @Optional() @Currency() currency?: string;
  @Optional() @Nested(() => PlaceLimitsDto) limits?: PlaceLimitsDto;
}

export class TerminalAnswer extends TerminalBody {
  @Identifier(15) merchantId!: string;
  @Identifier(8) terminalId!: string;
  @Text() responseCode!: string;
  @Optional() @Position() position?: string;
}

export class TerminalsQuery extends PageQuery {
  @Optional() @Identifier(15) storeId?: string;
}

export class ListedTerminalDto extends TerminalBody {
  @Identifier(8) terminalId!: string;
}

export class TerminalsAnswer {
  @Identifier(15) merchantId!: string;
  @NestedList(() => ListedTerminalDto) terminals!: ListedTerminalDto[];
  @Optional() @Text() next?: string;
}

/** Without `limits` there are none any more. */
export class StoreBody {
  @Optional() @Nested(() => PlaceLimitsDto) limits?: PlaceLimitsDto;
}

export class StoreAnswer extends StoreBody {
  @Identifier(15) merchantId!: string;
  @Identifier(15) storeId!: string;
  @Optional() @TextList() terminals?: string[];
  @Text() responseCode!: string;
  @Optional() @Position() position?: string;
}

/** A store that a terminal stands in, or that has limits of its own; undefined when there is none. */
export function storeOf(merchant: Merchant, storeId: string): StoreAnswer | undefined {
  const terminals = terminalsOfStore(merchant, storeId);
  if (!terminals) return undefined;
  const limits = merchant.storeLimits.get(storeId) as unknown as PlaceLimitsDto | undefined;
  const { merchantId } = merchant;
  return { merchantId, storeId, ...(limits && { limits }), terminals, responseCode: '00' };
}

const TERMINAL_CURSOR = /^[A-Za-z0-9]{1,8}$/;

/** As they are now, whatever position is named. @throws ProblemError for an `after` that is none */
export function terminalsPage(
  { merchantId, terminals }: Merchant,
  { storeId, after, limit = DEFAULT_LIMIT }: TerminalsQuery,
): TerminalsAnswer {
  const { behind = '' } = placeIn(after, TERMINAL_CURSOR);
  const found = [...terminals.values()]
    .filter((one) => one.terminalId > behind && (storeId === undefined || one.storeId === storeId))
    .sort((one, other) => (one.terminalId < other.terminalId ? -1 : 1));
  const { rows, ...next } = pageOf(found, limit, ({ terminalId }) => terminalId);
  return { merchantId, terminals: rows as unknown as ListedTerminalDto[], ...next };
}
