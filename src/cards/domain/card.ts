export type CardStatus = 'active' | 'lost' | 'frozen' | 'cancelled';

interface CardFact {
  readonly token: string;
  readonly occurredAt: string;
}

export type CardEvent =
  | {
      readonly type: 'CardReported';
      readonly data: CardFact & { readonly status: Exclude<CardStatus, 'active'> };
    }
  | { readonly type: 'CardRestored'; readonly data: CardFact };

/** A card nobody has reported is active. */
export function evolveCard(_state: CardStatus, event: CardEvent): CardStatus {
  switch (event.type) {
    case 'CardReported':
      return event.data.status;
    case 'CardRestored':
      return 'active';
  }
}
