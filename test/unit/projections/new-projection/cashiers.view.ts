import type Database from 'better-sqlite3';

/** What a cashier gave back on a business date in one currency. `amount` in minor units. */
export interface CashierDay {
  readonly operatorId: string;
  readonly currency: string;
  readonly count: bigint;
  readonly amount: bigint;
}

/** Who gave back how much, the most first. */
export class CashiersView {
  private readonly day: Database.Statement<[string, string], CashierDay>;

  constructor(database: Database.Database) {
    this.day = database
      .prepare<[string, string], CashierDay>(
        `SELECT operatorId, currency, count(*) AS count, sum(amount) AS amount FROM givenBack
         WHERE merchantId = ? AND businessDate = ? GROUP BY operatorId, currency
         ORDER BY amount DESC, operatorId`,
      )
      .safeIntegers();
  }

  on(merchantId: string, businessDate: string): CashierDay[] {
    return this.day.all(merchantId, businessDate);
  }
}
