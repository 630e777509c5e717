// Buyers who pay by card in two messages as Google asks for it, at a set arrival rate: reserve,
// then capture all or a part, or cancel, and refunds in parts, each with retries. At the end Google's
// books and what is settled must agree to the cent.
//
// Why: a reservation ends in one of several ways, some of them long after it was made. Money that
// moved twice, or not at all, shows only where both sides' books are compared.
// Promise: captures less refunds, as they were acknowledged to Google, is what the day is settled
// with; whatever was repeated was answered as the first time; Google's objectives are the
// thresholds.
// Left out: keys and encryption (this is the development mode's bare JSON), and calls to Google.

import exec from 'k6/execution';
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const WIRE = `${__ENV.BASE || 'http://127.0.0.1:8080'}/card/v1`;
const ADMIN = __ENV.ADMIN || 'http://127.0.0.1:9464';

// Reservations a second, and for how long.
const RATE = Number(__ENV.RATE || 50);
const DURATION = __ENV.DURATION || '30s';
// So many cards take turns.
const CARDS = Number(__ENV.CARDS || 10000);

// One reservation in this many is cancelled, one in this many is captured in part only, one capture
// in this many is given back, one request in this many is asked once more, and one card in this
// many has no money.
const CANCELS_EVERY = 5;
const PARTS_EVERY = 3;
const REFUNDS_EVERY = 4;
const REPEATS_EVERY = 7;
const DECLINES_EVERY = 20;

const INTEGRATOR = 'InvisiCardUSA_USD';
const CENT = 10000; // micros
const WITHOUT_MONEY = '4000005100000000';
// What is right; anything else is counted as failed.
const DONE = http.expectedStatuses(200);
const REFUSED = http.expectedStatuses(400);
// A request that is not answered is sent again this often: money may have moved.
const PATIENCE = 20;
const TIMEOUT = '30s';
// Of everything that was acknowledged.
const CONCLUDED_WITHIN = 60; // s

// Google's, of every method.
const OBJECTIVES = ['p(90)<3000', 'p(95)<5000', 'p(99.9)<7000'];

export const options = {
  scenarios: {
    reservations: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: DURATION,
      // It takes tens of milliseconds; half a second's worth is warm from the start, and seven
      // seconds' worth, after which Google gives up, is the most.
      preAllocatedVUs: Math.ceil(RATE / 2),
      maxVUs: RATE * 7,
      // Whoever has asked for money to be moved stays until the answer is known.
      gracefulStop: '2m',
    },
  },
  teardownTimeout: '3m',
  thresholds: {
    'http_req_duration{operation:reserveFunds}': OBJECTIVES,
    'http_req_duration{operation:asynchronousCaptureFundsReservation}': OBJECTIVES,
    'http_req_duration{operation:asynchronousCancelFundsReservation}': OBJECTIVES,
    'http_req_duration{operation:asynchronousRefund}': OBJECTIVES,
    checks: ['rate==1'],
    http_req_failed: ['rate<0.001'],
    dropped_iterations: ['count==0'],
    captured_micros: ['count>0'],
    refunded_micros: ['count>0'],
    // What was acknowledged to Google less what is settled.
    left_over_micros: ['count==0'],
    // Money may have moved, and nobody was told: a request without an answer after many tries.
    unknown: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

const captured = new Counter('captured_micros');
const refunded = new Counter('refunded_micros');
const leftOver = new Counter('left_over_micros');
const unknown = new Counter('unknown');

export function setup() {
  return { run: String(Math.floor(Math.random() * 1e8)).padStart(8, '0') };
}

export default function pay({ run }) {
  const number = exec.scenario.iterationInTest;
  const repeats = number % REPEATS_EVERY === 0;
  const id = (what) => `${what}-${run}-${number}`;

  // Of many sizes, so that one error does not make up for another.
  const held = (100 + (number * 37) % 9000) * CENT;
  if (number % DECLINES_EVERY === 0) {
    moved('reserveFunds', id('d'), payment(WITHOUT_MONEY, held), repeats, 'INSUFFICIENT_FUNDS');
  }
  if (!moved('reserveFunds', id('r'), payment(card(number), held), repeats, 'SUCCESS')) return;

  const of = { reservationRequestId: id('r') };
  if (number % CANCELS_EVERY === 0) {
    moved('asynchronousCancelFundsReservation', id('x'), of, repeats, 'ACKNOWLEDGED');
    refused('asynchronousCaptureFundsReservation', id('late'), taking(of, CENT));
    return;
  }
  refused('asynchronousCaptureFundsReservation', id('over'), taking(of, held + CENT));
  const taken = number % PARTS_EVERY === 0 ? held - 50 * CENT : held;
  const capture = 'asynchronousCaptureFundsReservation';
  if (!moved(capture, id('c'), taking(of, taken), repeats, 'ACKNOWLEDGED')) return;
  captured.add(taken);
  leftOver.add(taken);
  refused(capture, id('again'), taking(of, CENT));

  if (number % REFUNDS_EVERY !== 0) return;
  concluded(id('c'));
  const part = (1 + number % 16) * CENT;
  [part, 2 * part, taken - 3 * part].forEach((micros, at) => {
    const back = giving(id('c'), micros);
    if (!moved('asynchronousRefund', id(`f${at}`), back, repeats, 'ACKNOWLEDGED')) return;
    refunded.add(micros);
    leftOver.add(-micros);
  });
  refused('asynchronousRefund', id('more'), giving(id('c'), CENT));
}

// The day is closed when everything that was acknowledged has come to its end.
export function teardown() {
  let left;
  for (let waited = 0; waited < CONCLUDED_WITHIN; waited += 0.5) {
    left = underWay();
    if (left === 0) break;
    sleep(0.5);
  }
  check(left, { 'what was acknowledged has come to its end': (count) => count === 0 });
  sleep(1); // The last lines are entered beside what Google is told.
  let total = '';
  for (let waited = 0; total === '' && waited < CONCLUDED_WITHIN; waited += 0.5) {
    total = settlement();
    if (total === '') sleep(0.5);
  }
  leftOver.add(-Math.round(Number(total.split(' ')[0]) * 1e6));
}

// Captures, cancels and refunds that were asked for and have not ended.
function underWay() {
  const text = admin('GET', '/metrics', null).body;
  const count = (event) => {
    const line = new RegExp(`^engine_card_events_total\\{event="${event}"\\} (\\d+)`, 'm');
    const found = line.exec(text);
    return found ? Number(found[1]) : 0;
  };
  const asked = count('capture_asked') + count('void_asked') + count('refund_asked');
  const ended = ['captured', 'capture_refused', 'voided', 'refunded', 'refund_declined'];
  return asked - ended.reduce((sum, event) => sum + count(event), 0);
}

// What today is settled with, once that is known.
function settlement() {
  const day = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
  const told = admin('POST', `/cards/${INTEGRATOR}/settlement`, { currency: 'USD', day });
  return told.json().rows[0].total;
}

// Until the capture has ended there is nothing to give back.
function concluded(capture) {
  for (let waited = 0; waited < CONCLUDED_WITHIN; waited += 0.05) {
    const told = admin('GET', `/cards/${INTEGRATOR}/captures/${capture}`, null);
    const line = told.json().rows.find(({ what }) => what === 'capture');
    if (line && line.state === 'captured') return;
    sleep(0.05);
  }
  fail(`${capture} has not ended`);
}

function payment(accountNumber, micros) {
  return {
    paymentIntegratorAccountId: INTEGRATOR,
    accountDetails: {
      card: {
        accountNumber,
        nameOnCard: 'Sally Sun',
        expiryMonth: '12',
        expiryYear: '49',
        cvn: '717',
      },
    },
    currencyCode: 'USD',
    amount: String(micros),
    transactionDescription: 'GOOGLE*Sky Atlas',
    merchantCategoryCode: '5815',
    additionalTransactionProcessingOptions: {
      userSelectedProcessingNetworkTypeNotApplicable: {},
      electronicCommerceIndicatorNotApplicable: {},
      threeDSecureNotAppplicable: {}, // as the wire spells it
      storedCredentialTransactionInformationNotApplicable: {},
      scaExemptionNotApplicable: {},
    },
  };
}

function taking(of, micros) {
  return Object.assign({ amount: String(micros) }, of);
}

function giving(captureRequestId, micros) {
  return { captureRequestId, refundAmount: String(micros) };
}

// A number whose last digit is right by Luhn's formula.
function card(number) {
  const digits = `4556${String(((number * 7919) % CARDS) + 10000000000).slice(-11)}`;
  const sum = [...digits].reduce((total, digit, at) => {
    const doubled = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return digits + String((10 - sum % 10) % 10);
}

// Asks for money to be moved, perhaps twice; whether the result is the right one.
function moved(method, id, members, repeats, result) {
  const told = ask(method, id, members);
  if (told.status === 0 || told.status >= 500) unknown.add(1);
  const right = check(told, {
    [`${method} is answered with 200`]: (r) => r.status === 200,
    [`${method} ends with ${result}`]: (r) => r.status === 200 && r.json('result') === result,
  });
  if (right && repeats) {
    const again = ask(method, id, members);
    const first = answerOf(told);
    check(again, { 'a repeat is answered as the first time': (r) => answerOf(r) === first });
  }
  return right;
}

function refused(method, id, members) {
  check(ask(method, id, members, REFUSED), {
    'no more is moved than there is': (r) =>
      r.status === 400 && r.json('errorResponseCode') === 'PRECONDITION_VIOLATION',
  });
}

// The members but the header, which is of each sending.
function answerOf(response) {
  if (response.status !== 200) return `${response.status}`;
  // Not k6's own reader, which loses the order of the members.
  return JSON.stringify(Object.assign(JSON.parse(response.body), { responseHeader: undefined }));
}

// Sends a request until it is answered, under the same id and each time with the time of sending.
function ask(method, requestId, members, responseCallback = DONE) {
  const params = {
    responseCallback,
    headers: { 'Content-Type': 'application/json' },
    tags: { operation: method, name: method },
    timeout: TIMEOUT,
  };
  for (let time = 1; ; time += 1) {
    const requestHeader = {
      protocolVersion: { major: 1, minor: 0, revision: 0 },
      requestId,
      requestTimestamp: String(Date.now()),
    };
    const about = { requestHeader, paymentIntegratorAccountId: INTEGRATOR };
    const body = JSON.stringify(Object.assign(about, members));
    const response = http.post(`${WIRE}/${method}`, body, params);
    const answered = response.status !== 0 && response.status < 500;
    if (answered || time >= PATIENCE) return response;
    sleep(Number(response.headers['Retry-After'] || 0.5));
  }
}

// Asks the admin listener; its own name keeps it out of what is measured.
function admin(method, path, body) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const params = { headers, tags: { operation: 'admin', name: 'admin' }, timeout: TIMEOUT };
  const told = http.request(method, ADMIN + path, body && JSON.stringify(body), params);
  if (told.status !== 200) fail(`${method} ${path}: ${told.status} ${told.body}`);
  return told;
}
