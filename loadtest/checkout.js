// Whole purchases at a set arrival rate: create, update, get, complete; some are cancelled, some
// are asked twice under the same key.
//
// Why: buyers do not wait for one another. They arrive at their rate however slow the server is,
// so this load keeps its rate and lets the latency show, where a closed one would slow down and
// hide it.
// Promise: Google's published objectives are the thresholds; a run that misses one, gives a wrong
// answer or cannot keep its rate exits with an error.
// Left out: what a request costs the processor; `make bench-floor` tells.

import exec from 'k6/execution';
import { check } from 'k6';
import {
  CARD, alike, completeBody, createBody, pathOf, question, replay, send, totalOf, updateBody,
} from './buyer.js';

// Purchases a second, and for how long.
const RATE = Number(__ENV.RATE || 200);
const DURATION = __ENV.DURATION || '30s';

// One purchase in this many is cancelled instead of completed; one in this many has its create
// and its complete repeated.
const CANCELS_EVERY = 10;
const REPLAYS_EVERY = 5;

export const options = {
  scenarios: {
    purchases: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: DURATION,
      // A purchase takes tens of milliseconds; a quarter of a second's worth is warm from the
      // start, and four seconds' worth, Google's objective for a create, is the most.
      preAllocatedVUs: Math.ceil(RATE / 4),
      maxVUs: RATE * 4,
    },
  },
  thresholds: {
    'http_req_duration{operation:create}': ['p(50)<1000', 'p(95)<4000'],
    'http_req_duration{operation:update}': ['p(50)<1000', 'p(95)<5000'],
    // Google publishes no objective for these; shown beside the others.
    'http_req_duration{operation:get}': ['p(95)<4000'],
    'http_req_duration{operation:complete}': ['p(95)<5000'],
    'http_req_duration{operation:cancel}': ['p(95)<5000'],
    checks: ['rate>0.999'],
    dropped_iterations: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

const CREATE = createBody('product_12345', 1, 'USD');
const UPDATE = updateBody('product_12345', 1, 'USD');
const COMPLETE = completeBody(CARD);

// Returns whether all of it was right.
export default function purchase() {
  const number = exec.scenario.iterationInTest;
  const replays = number % REPLAYS_EVERY === 0;

  const create = question('create', 'POST', '/checkout-sessions', CREATE);
  const created = send(create);
  if (!right(created, 201, 'incomplete', 10000)) return false;
  let whole = !replays || replay(create, created);
  const path = pathOf(created.json());

  const updated = send(question('update', 'PUT', path, UPDATE));
  if (!right(updated, 200, 'ready_for_complete', 11350)) return false;

  const read = send(question('get', 'GET', path, null));
  whole = check(read, { 'get answers what update answered': (r) => alike(r, updated) }) && whole;

  if (number % CANCELS_EVERY === 1) {
    const cancelled = send(question('cancel', 'POST', `${path}/cancel`, null));
    return right(cancelled, 200, 'canceled', 11350) && whole;
  }
  const complete = question('complete', 'POST', `${path}/complete`, COMPLETE);
  const completed = send(complete);
  if (!right(completed, 200, 'completed', 11350)) return false;
  if (replays) whole = replay(complete, completed) && whole;
  const placed = { 'a completed session has an order': (r) => Boolean(r.json('order.id')) };
  return check(completed, placed) && whole;
}

function right(response, status, state, total) {
  return check(response, {
    [`${state} is answered with ${status}`]: (r) => r.status === status,
    [`${state} is the status`]: (r) => r.status === status && r.json('status') === state,
    [`${state} costs what it must`]: (r) => r.status === status && totalOf(r.json()) === total,
  });
}
