// A flash sale: from quiet to far past what the machine can take, and back. At the end the books
// of the buyers and the books of the engine must agree to the cent.
//
// Why: the hour in which everybody buys at once is the one that the engine is built for. Buyers
// arrive whether or not they are served. Half of them want the same product, which sells out.
// Many look and leave; some change their mind, some pay with the wrong card first, some press the
// button twice, and whoever is refused comes back when told to, under the same key.
// Promise: what k6 was told was bought is what the engine has captured, sold and placed, by
// currency; nothing else was. Every answer is right or a 503 that says when to come back, and
// everybody gets one.
// Left out: how fast a refusal is, for k6 shares the machine with the server and measures itself.

import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { metrics, sessionEvents, settled, sum } from './admin.js';
import {
  CARD, alike, ask, completeBody, createBody, pathOf, question, replay, sendTwice, totalOf,
  unanswered, updateBody,
} from './buyer.js';

// Buyers a second at the peak, and how long the peak lasts. One in two buys; each asks about
// three times.
const PEAK = Number(__ENV.PEAK || 1500);
const PEAK_SECONDS = Number(__ENV.PEAK_SECONDS || 40);
// Buyers in the shop at once: those who arrive beyond this find the door shut (k6 counts them as
// dropped iterations).
const CROWD = Number(__ENV.CROWD || 2000);
// Products of the feed that `run.sh` writes beside the hot one, by currency.
const PRODUCTS = Number(__ENV.PRODUCTS || 1000);
const CURRENCIES = ['USD', 'JPY', 'KWD'];
const HOT = 'hot';

const QUIET = Math.max(1, Math.round(PEAK / 50));

export const options = {
  scenarios: {
    sale: {
      executor: 'ramping-arrival-rate',
      startRate: QUIET,
      timeUnit: '1s',
      preAllocatedVUs: Math.min(CROWD, 500),
      maxVUs: CROWD,
      stages: [
        { target: QUIET, duration: '15s' },
        { target: PEAK, duration: '30s' },
        { target: PEAK, duration: `${PEAK_SECONDS}s` },
        { target: QUIET, duration: '20s' },
        { target: QUIET, duration: '25s' },
      ],
      // Whoever has asked to pay stays until the answer is known.
      gracefulStop: '2m',
    },
  },
  teardownTimeout: '3m',
  thresholds: {
    // Google's objectives, for what is answered while everybody wants to be.
    'http_req_duration{operation:create,expected_response:true}': ['p(50)<1000', 'p(95)<4000'],
    'http_req_duration{operation:update,expected_response:true}': ['p(50)<1000', 'p(95)<5000'],
    'http_req_duration{operation:get,expected_response:true}': ['p(95)<4000'],
    'http_req_duration{operation:complete,expected_response:true}': ['p(95)<5000'],
    // A wrong answer, or one that is neither the right one nor a 503.
    checks: ['rate==1'],
    // Whoever is too many is told so: nobody is left without an answer.
    lost: ['count==0'],
    // A shop that refuses everybody is right in all it says, and sells nothing.
    bought: ['count>100'],
    // Money, units and orders: what the buyers were told less what the engine says.
    'left_over_money{currency:USD,movement:reserved}': ['count==0'],
    'left_over_money{currency:JPY,movement:reserved}': ['count==0'],
    'left_over_money{currency:KWD,movement:reserved}': ['count==0'],
    'left_over_money{currency:USD,movement:captured}': ['count==0'],
    'left_over_money{currency:JPY,movement:captured}': ['count==0'],
    'left_over_money{currency:KWD,movement:captured}': ['count==0'],
    left_over_units: ['count==0'],
    left_over_orders: ['count==0'],
    left_over_sessions: ['count==0'],
    // Held and neither sold nor given back, once nothing is owed.
    left_over_holds: ['count==0'],
    // Bought, and nobody knows: a complete without an answer after minutes.
    unknown: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

const bought = new Counter('bought');
const soldOut = new Counter('sold_out');
const abandoned = new Counter('abandoned');
const declined = new Counter('declined');
const unknown = new Counter('unknown');
const leftOverMoney = new Counter('left_over_money');
const leftOverUnits = new Counter('left_over_units');
const leftOverOrders = new Counter('left_over_orders');
const leftOverSessions = new Counter('left_over_sessions');
const leftOverHolds = new Counter('left_over_holds');

const MOVEMENTS = ['reserved', 'captured'];
// Every other answer is measured apart; 400 says that the product is sold out.
http.setResponseCallback(http.expectedStatuses(200, 201, 400));
// Seconds until a settled shop: the processor's slowest answers and its repeats.
const SETTLED_WITHIN = 120;
// How often a complete is asked again before it counts as unknown.
const PAYMENT_PATIENCE = 60;

export function setup() {
  return metrics();
}

export default function visit() {
  const hot = chance(0.5);
  const currency = hot ? 'USD' : CURRENCIES[Math.floor(Math.random() * CURRENCIES.length)];
  const product = hot ? HOT : `${currency}_${Math.floor(Math.random() * PRODUCTS)}`;
  const quantity = chance(0.15) ? 2 : 1;

  const basket = createBody(product, quantity, currency);
  const create = question('create', 'POST', '/checkout-sessions', basket);
  const created = ask(create);
  if (unanswered(created)) return;
  if (short(created)) return soldOut.add(1);
  if (!right(created, 201)) return;
  if (chance(0.1)) replay(create, created);
  const path = pathOf(created.json());
  if (chance(0.1)) return abandoned.add(1);

  const update = question('update', 'PUT', path, updateBody(product, quantity, currency));
  const updated = ask(update);
  if (unanswered(updated) || !right(updated, 200)) return;
  if (short(updated)) return soldOut.add(1);
  check(updated, { 'an update makes it ready': (r) => statusOf(r) === 'ready_for_complete' });

  const read = ask(question('get', 'GET', path, null));
  if (!unanswered(read)) right(read, 200);
  if (chance(0.1)) return abandoned.add(1);
  if (chance(0.05)) {
    const cancelled = ask(question('cancel', 'POST', `${path}/cancel`, null));
    if (unanswered(cancelled)) return;
    check(cancelled, { 'a cancelled session is cancelled': (r) => statusOf(r) === 'canceled' });
    return;
  }
  pay(path, updated.json(), { currency, quantity });
}

// Pays, and does not leave before it is known what became of the money.
function pay(path, checkout, { currency, quantity }) {
  const complete = (token) =>
    question('complete', 'POST', `${path}/complete`, completeBody(token));
  if (chance(0.04)) {
    const wrong = ask(complete('sim_decline_insufficient_funds'), PAYMENT_PATIENCE);
    if (unanswered(wrong)) return unknown.add(1);
    if (short(wrong)) return soldOut.add(1);
    check(wrong, { 'a decline takes no money': (r) => statusOf(r) === 'ready_for_complete' });
    declined.add(1);
  }
  const asked = complete(chance(0.002) ? 'sim_timeout_then_approve' : CARD);
  const answers = chance(0.05) ? twice(asked) : [ask(asked, PAYMENT_PATIENCE)];
  let paid = answers[0];
  if (unanswered(paid)) return unknown.add(1);
  if (chance(0.1) && right(paid, 200)) replay(asked, paid);
  for (let looks = 0; statusOf(paid) === 'complete_in_progress'; looks += 1) {
    if (looks >= PAYMENT_PATIENCE) return unknown.add(1);
    sleep(1);
    const look = ask(question('get', 'GET', path, null), PAYMENT_PATIENCE);
    if (!unanswered(look)) paid = look;
  }
  if (short(paid)) return soldOut.add(1);
  const whole = check(paid, {
    'a paid session is completed': (r) => statusOf(r) === 'completed',
    'a paid session has an order': (r) => Boolean(r.json('order.id')),
    'a paid session costs what was shown': (r) => totalOf(r.json()) === totalOf(checkout),
  });
  if (!whole) return;
  const total = totalOf(paid.json());
  bought.add(1);
  leftOverUnits.add(quantity);
  leftOverOrders.add(1);
  leftOverSessions.add(1);
  for (const movement of MOVEMENTS) leftOverMoney.add(total, { currency, movement });
}

// Presses the button twice at once: one key, one answer.
function twice(asked) {
  const both = sendTwice(asked);
  const answers = both.map((first) => (unanswered(first) ? ask(asked, PAYMENT_PATIENCE) : first));
  if (!answers.some(unanswered)) {
    check(answers, { 'asked twice at once, answered once': ([a, b]) => alike(a, b) });
  }
  return answers;
}

function chance(share) {
  return Math.random() < share;
}

function right(response, status) {
  return check(response, { [`the answer is ${status}`]: (r) => r.status === status });
}

function statusOf(response) {
  return response.status === 200 ? response.json('status') : `HTTP ${response.status}`;
}

// Whether the answer says that there are not enough units left: to a create with nothing else in
// the basket it is a refusal, later a message in the checkout.
function short(response) {
  const messages = response.json('messages') || [];
  return messages.some((message) => message.code === 'out_of_stock');
}

// The engine's books are taken from the buyers': what is left over must be nothing.
export function teardown(before) {
  const after = settled(before, SETTLED_WITHIN);
  const since = (metric, ...labels) => sum(after, metric, ...labels) - sum(before, metric, ...labels);
  const units = (movement) => since('engine_units_total', `movement="${movement}"`);
  for (const currency of CURRENCIES) {
    for (const movement of MOVEMENTS) {
      const labels = [`currency="${currency}"`, `movement="${movement}"`];
      leftOverMoney.add(-since('engine_money_minor_total', ...labels), { currency, movement });
    }
  }
  leftOverUnits.add(-units('sold'));
  leftOverOrders.add(-since('engine_orders_placed_total'));
  leftOverSessions.add(sessionEvents(before, 'completed') - sessionEvents(after, 'completed'));
  leftOverHolds.add(units('held') - units('sold') - units('released'));
  console.log(
    `the engine's books: ${since('engine_orders_placed_total')} orders, ${units('sold')} units` +
      CURRENCIES.map((currency) => {
        const labels = [`currency="${currency}"`, 'movement="captured"'];
        return `, ${since('engine_money_minor_total', ...labels)} ${currency} minor`;
      }).join(''),
  );
}
