/** One call of a tool by an agent. */
export type ToolCall = {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
  readonly ms: number;
  readonly error?: string;
};

/** One conversation with an agent: a question, what the agent looked up, its answer. */
export type Run = {
  readonly agent: string;
  readonly question: string;
  readonly calls: readonly ToolCall[];
  readonly answer: string;
};

const checkout = (question: string, calls: readonly ToolCall[], answer: string): Run => ({ agent: 'checkout', question, calls, answer });
const billing = (question: string, calls: readonly ToolCall[], answer: string): Run => ({ agent: 'billing', question, calls, answer });

/** One of the many: an agent that answers a ticket in one breath, and writes a file for each. */
export const ticket = (number: number): Run => ({
  agent: 'support',
  question: `Ticket ${number}: how do I change my password?`,
  calls: [{ tool: 'search_help', arguments: { words: 'change password' }, result: { article: 'H-12' }, ms: 90 + (number % 40) }],
  answer: 'Open your profile, choose Security, then Change password.',
});

export const runs = {
  whereIsMyOrder: checkout(
    'Where is my order 1042?',
    [{ tool: 'lookup_order', arguments: { order: '1042' }, result: { status: 'shipped', carrier: 'Post', days: 2 }, ms: 184 }],
    'Order 1042 is on its way with the Post and arrives in two days.',
  ),
  chargedTwice: checkout(
    'I was charged twice for order 1043 and want my money back.',
    [
      { tool: 'lookup_payments', arguments: { order: '1043' }, result: { captures: ['pay_81', 'pay_82'], amount: 42.5 }, ms: 231 },
      { tool: 'refund_payment', arguments: { payment: 'pay_82' }, result: { refunded: 42.5, currency: 'EUR' }, ms: 902 },
    ],
    'You are right: 42.50 EUR were taken twice. I have refunded the second payment.',
  ),
  newAddress: checkout(
    'Send order 1044 to my office instead.',
    [
      {
        tool: 'update_address',
        arguments: { order: '1044', address: 'office' },
        result: { error: 'the parcel has left the warehouse' },
        ms: 318,
        error: 'the parcel has left the warehouse',
      },
    ],
    'I am sorry: the parcel has left the warehouse already. The carrier can still redirect it.',
  ),
  blueKettle: checkout(
    'Is the blue kettle in stock in Zürich?',
    [
      { tool: 'search_catalog', arguments: { words: 'blue kettle' }, result: { article: 'K-7' }, ms: 122 },
      { tool: 'check_stock', arguments: { article: 'K-7', shop: 'Zürich' }, result: { pieces: 3 }, ms: 96 },
    ],
    'Yes, there are three blue kettles in the shop in Zürich.',
  ),
  spanish: checkout(
    '¿Cuándo llega mi pedido 1045?',
    [{ tool: 'lookup_order', arguments: { order: '1045' }, result: { status: 'packed', days: 3 }, ms: 170 }],
    'Su pedido 1045 llega en tres días.',
  ),
  cancel: checkout(
    'Please cancel order 1046.',
    [{ tool: 'cancel_order', arguments: { order: '1046' }, result: { cancelled: true }, ms: 264 }],
    'Order 1046 is cancelled; nothing was charged.',
  ),
  lastYear: checkout(
    'What did I order last Christmas?',
    [{ tool: 'list_orders', arguments: { from: '2025-12-01', to: '2025-12-31' }, result: { orders: ['0871', '0902'] }, ms: 412 }],
    'Two orders: 0871 with a teapot, and 0902 with six cups.',
  ),
  invoice: billing(
    'Send me the invoice of October.',
    [{ tool: 'find_invoice', arguments: { month: '2026-10' }, result: { invoice: 'R-2291' }, ms: 205 }],
    'Invoice R-2291 is in your mailbox.',
  ),
  vatNumber: billing(
    'Put our VAT number on the invoices from now on.',
    [{ tool: 'update_account', arguments: { vat: 'CHE-116.281.710' }, result: { saved: true }, ms: 143 }],
    'Done. It will be on the next invoice.',
  ),
} as const satisfies Record<string, Run>;
