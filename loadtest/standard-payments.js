// Customers who link their accounts and pay as Google asks for it, at a set arrival rate: link,
// captures at once and later, refunds in parts, rewards, and retries. At the end Google's books and the integrator's must
// agree to the cent.
//
// Why: Google repeats what it has not heard the answer of, and takes the first answer for the
// truth. Money that moved twice, or not at all, shows only where both sides' books are compared.
// Promise: captures less refunds and rewards, as they were told to Google, is what the ledger says
// that Google has received; the ledger balances; whatever was repeated was answered as the first time; Google's
// objectives are the thresholds.
// Left out: keys and encryption (this is the development mode's bare JSON), and calls to Google: what
// comes of a later capture is owed to nobody who is there, and seen in the books.

import exec from 'k6/execution';
import http from 'k6/http';
import { check, fail, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const WIRE = `${__ENV.BASE || 'http://127.0.0.1:8080'}/tokenized/v1`;
const ADMIN = __ENV.ADMIN || 'http://127.0.0.1:9464';

// Visits of customers a second, and for how long. In a visit two things are bought.
const RATE = Number(__ENV.RATE || 50);
const DURATION = __ENV.DURATION || '30s';
// Accounts, each with funds for more than a run buys.
const CUSTOMERS = Number(__ENV.CUSTOMERS || 300);
const FUNDS = '100000000.00';
const TOO_MUCH = 200000000 * 1e6; // micros

// One visit in this many begins with a link, in one in this many the second purchase is concluded
// later, in one in this many the customer gets a reward, in one in this many the first purchase is
// given back, in one in this many whatever moves money is asked for once more, and in one in this many the
// customer wants what no account can pay.
const LINKS_EVERY = 10;
const LATER_EVERY = 4;
const REWARDS_EVERY = 10;
const REFUNDS_EVERY = 2;
const REPEATS_EVERY = 5;
const DECLINES_EVERY = 20;

const INTEGRATOR = 'InvisiCashUSA_USD';
const CENT = 10000; // micros
// What is right; anything else is counted as failed.
const DONE = http.expectedStatuses(200);
const REFUSED = http.expectedStatuses(400);
// A request that is not answered is sent again this often: money may have moved.
const PATIENCE = 20;
const TIMEOUT = '30s';
// How long what is concluded later may take after the last visit.
const CONCLUDED_WITHIN = 30; // seconds

// Google's, of every method.
const OBJECTIVES = ['p(90)<3000', 'p(95)<5000', 'p(99.9)<7000'];

export const options = {
  scenarios: {
    visits: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: DURATION,
      // A visit takes tens of milliseconds; half a second's worth is warm from the start, and
      // seven seconds' worth, after which Google gives up, is the most.
      preAllocatedVUs: Math.ceil(RATE / 2),
      maxVUs: RATE * 7,
      // Whoever has asked for money to be moved stays until the answer is known.
      gracefulStop: '2m',
    },
  },
  setupTimeout: '5m',
  thresholds: {
    'http_req_duration{operation:sendOtp}': OBJECTIVES,
    'http_req_duration{operation:associateAccount}': OBJECTIVES,
    'http_req_duration{operation:capture}': OBJECTIVES,
    'http_req_duration{operation:asynchronousCapture}': OBJECTIVES,
    'http_req_duration{operation:disburseFunds}': OBJECTIVES,
    'http_req_duration{operation:refund}': OBJECTIVES,
    checks: ['rate==1'],
    http_req_failed: ['rate<0.001'],
    dropped_iterations: ['count==0'],
    captured_micros: ['count>0'],
    captured_later_micros: ['count>0'],
    refunded_micros: ['count>0'],
    disbursed_micros: ['count>0'],
    // What Google was told less what the ledger says.
    left_over_micros: ['count==0'],
    // Money may have moved, and nobody was told: a request without an answer after many tries.
    unknown: ['count==0'],
  },
  summaryTrendStats: ['med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

const captured = new Counter('captured_micros');
const capturedLater = new Counter('captured_later_micros');
const refunded = new Counter('refunded_micros');
const disbursed = new Counter('disbursed_micros');
const leftOver = new Counter('left_over_micros');
const unknown = new Counter('unknown');

// Opens, funds and links the customers of this run, who are no other run's.
export function setup() {
  const run = String(Math.floor(Math.random() * 1e8)).padStart(8, '0');
  for (let customer = 0; customer < CUSTOMERS; customer += 1) {
    const id = `load-${run}-${customer}`;
    const opened = { id, currency: 'USD', name: `Load ${customer}`, phone: phone(run, customer) };
    admin('POST', '/accounts', opened);
    admin('POST', `/accounts/${id}/fund`, { movement: 'load', amount: FUNDS });
    link(run, customer, token(run, customer));
  }
  return { run, before: microsOfGoogle(books()) };
}

export default function visit({ run }) {
  const number = exec.scenario.iterationInTest;
  const customer = number % CUSTOMERS;
  const repeats = number % REPEATS_EVERY === 0;

  // Another device has a token of its own, for the same account.
  let paysWith = token(run, customer);
  if (number % LINKS_EVERY === 0) {
    paysWith = `${paysWith}-${number}`;
    link(run, customer, paysWith);
  }

  // Of many sizes, so that one error does not make up for another.
  const first = (100 + (number * 37) % 9000) * CENT;
  const bought = capture(`c1-${run}-${number}`, paysWith, first, repeats);
  const second = (1 + number % 77) * CENT;
  if (number % LATER_EVERY === 0) {
    captureLater(`l2-${run}-${number}`, paysWith, second, repeats);
  } else {
    capture(`c2-${run}-${number}`, paysWith, second, repeats);
  }
  if (number % REWARDS_EVERY === 0) {
    disburse(`d-${run}-${number}`, paysWith, (1 + number % 55) * CENT, repeats);
  }
  if (number % DECLINES_EVERY === 0) {
    const tooMuch = captureOf(paysWith, TOO_MUCH);
    moved('capture', `c3-${run}-${number}`, tooMuch, true, 'INSUFFICIENT_FUNDS');
  }
  if (!bought || number % REFUNDS_EVERY !== 0) return;

  const part = (1 + number % 33) * CENT;
  const parts = [part, 2 * part, first - 3 * part];
  parts.forEach((micros, at) => {
    refund(`r${at}-${run}-${number}`, `c1-${run}-${number}`, micros, repeats);
  });
  const over = refundOf(`c1-${run}-${number}`, CENT);
  const refused = ask('refund', `over-${run}-${number}`, over, REFUSED);
  check(refused, {
    'all was given back, and not a cent more is': (r) =>
      r.status === 400 && r.json('errorResponseCode') === 'PRECONDITION_VIOLATION',
  });
}

// The counters of all visits are k6's, which adds nothing up for us before the end: so the books
// are looked at until they stand still, and what is left over is judged by the threshold.
export function teardown({ before }) {
  let after = books();
  for (let second = 0; second < CONCLUDED_WITHIN; second += 1) {
    sleep(1);
    const then = books();
    if (microsOfGoogle(then) === microsOfGoogle(after)) break;
    after = then;
  }
  leftOver.add(before - microsOfGoogle(after));
  check(after, {
    'the ledger balances': (b) => b.balances === 'yes',
    'the sum of all sides is nothing': (b) => b.sum_of_all_sides === '0.00 USD',
  });
}

// A one-time password to the customer's telephone, and a token linked with it.
function link(run, customer, linked) {
  const to = phone(run, customer);
  const otp = `otp-${linked}`;
  const sent = ask('sendOtp', otp, { smsMatchingToken: 'Qm4tZ8kLp0w', accountPhoneNumber: to });
  if (!right(sent, 'sendOtp', 'SUCCESS')) return;
  const messages = admin('GET', `/development/sms?phone=${encodeURIComponent(to)}`, null).json();
  const message = messages.find(({ id }) => id === sent.json('paymentIntegratorSendOtpId'));
  const told = ask('associateAccount', `assoc-${linked}`, {
    googlePaymentToken: linked,
    associationId: `association-${linked}`,
    provideUserInformation: false,
    otpVerification: { sendOtpRequestId: otp, otp: /\d{6}/.exec(message.text)[0] },
  });
  right(told, 'associateAccount', 'SUCCESS');
}

function capture(id, paysWith, micros, repeats) {
  if (!moved('capture', id, captureOf(paysWith, micros), repeats, 'SUCCESS')) return false;
  captured.add(micros);
  leftOver.add(micros);
  return true;
}

function captureLater(id, paysWith, micros, repeats) {
  const { googlePaymentToken, captureContext, ...members } = captureOf(paysWith, micros);
  members.tokenizedInstrumentDetails = { googlePaymentToken };
  if (!moved('asynchronousCapture', id, members, repeats, 'ACKNOWLEDGED')) return;
  capturedLater.add(micros);
  leftOver.add(micros);
}

function disburse(id, to, micros, repeats) {
  const { captureContext, ...members } = captureOf(to, micros);
  if (!moved('disburseFunds', id, members, repeats, 'SUCCESS')) return;
  disbursed.add(micros);
  leftOver.add(-micros);
}

function refund(id, of, micros, repeats) {
  if (!moved('refund', id, refundOf(of, micros), repeats, 'SUCCESS')) return;
  refunded.add(micros);
  leftOver.add(-micros);
}

function captureOf(paysWith, micros) {
  return {
    paymentIntegratorAccountId: INTEGRATOR,
    googlePaymentToken: paysWith,
    transactionDescription: 'Google - Sky Atlas',
    currencyCode: 'USD',
    amount: String(micros),
    captureContext: {},
  };
}

function refundOf(capturedAs, micros) {
  return {
    paymentIntegratorAccountId: INTEGRATOR,
    captureRequestId: capturedAs,
    currencyCode: 'USD',
    refundAmount: String(micros),
  };
}

// Asks for money to be moved, perhaps twice; whether the result is the right one.
function moved(method, id, members, repeats, result) {
  const told = ask(method, id, members);
  if (told.status === 0 || told.status >= 500) unknown.add(1);
  if (!right(told, method, result)) return false;
  if (repeats) {
    const again = ask(method, id, members);
    const first = answerOf(told);
    check(again, { 'a repeat is answered as the first time': (r) => answerOf(r) === first });
  }
  return true;
}

function right(told, method, result) {
  return check(told, {
    [`${method} is answered with 200`]: (r) => r.status === 200,
    [`${method} ends with ${result}`]: (r) => r.status === 200 && r.json('result') === result,
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
    const body = JSON.stringify(Object.assign({ requestHeader }, members));
    const response = http.post(`${WIRE}/${method}`, body, params);
    const answered = response.status !== 0 && response.status < 500;
    if (answered || time >= PATIENCE) return response;
    sleep(Number(response.headers['Retry-After'] || 0.5));
  }
}

function token(run, customer) {
  return `token-${run}-${customer}`;
}

function phone(run, customer) {
  return `+1${run}${String(customer).padStart(4, '0')}`;
}

// Asks the admin listener; its own name keeps it out of what is measured.
function admin(method, path, body) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const params = { headers, tags: { operation: 'admin', name: 'admin' }, timeout: TIMEOUT };
  const told = http.request(method, ADMIN + path, body && JSON.stringify(body), params);
  if (told.status !== 200) fail(`${method} ${path}: ${told.status} ${told.body}`);
  return told;
}

function books() {
  return admin('GET', '/accounts', null).json();
}

// What the ledger says that Google has received and not given back.
function microsOfGoogle({ sides }) {
  const name = `Google, ${INTEGRATOR} `;
  const side = sides.split('; ').find((told) => told.startsWith(name));
  return side ? Math.round(Number(side.slice(name.length).split(' ')[0]) * 1e6) : 0;
}
