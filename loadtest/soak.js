// An hour at half the knee: memory and latency stay flat.
//
// Why: what leaks does so slowly, and what fills up is full only after a while. Memory is asked
// from the server's own process metrics, and so is the mean latency: k6's own grows with k6.
// Promise: after a third of the time, when every cache that fills has filled, memory grows by no
// more than a tenth, and the mean latency of the last third is no more than half again that of
// the second; no more than one check in ten thousand fails.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter, Gauge } from 'k6/metrics';
import { metrics, settled, sum } from './admin.js';
import purchase from './checkout.js';

const RATE = Number(__ENV.RATE || 100);
const DURATION = __ENV.DURATION || '1h';
const LOOK_EVERY_SECONDS = 5;
const MIB = 1024 * 1024;

export const options = {
  scenarios: {
    purchases: {
      executor: 'constant-arrival-rate',
      exec: 'default',
      rate: RATE,
      timeUnit: '1s',
      duration: DURATION,
      // Two seconds' worth: starting one more while it runs takes longer than a purchase does.
      preAllocatedVUs: RATE * 2,
      maxVUs: RATE * 4,
    },
    watch: { executor: 'constant-vus', exec: 'watch', vus: 1, duration: DURATION, gracefulStop: '1m' },
  },
  teardownTimeout: '2m',
  thresholds: {
    'http_req_duration{operation:create}': ['p(50)<1000', 'p(95)<4000'],
    'http_req_duration{operation:update}': ['p(50)<1000', 'p(95)<5000'],
    'http_req_duration{operation:complete}': ['p(95)<5000'],
    checks: ['rate>0.9999'],
    dropped_iterations: ['count==0'],
    memory_growth: ['value<1.1'],
    latency_growth: ['value<1.5'],
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
};

const memory = new Gauge('memory_mib');
// The last third over the second.
const memoryGrowth = new Gauge('memory_growth');
const latencyGrowth = new Gauge('latency_growth');
const looks = new Counter('looks');

export default purchase;

export function setup() {
  return metrics();
}

// Looks every few seconds, and compares the thirds at the end.
export function watch() {
  const seen = [];
  while (exec.scenario.progress < 1) {
    const now = look();
    memory.add(now.mib);
    looks.add(1);
    seen.push(now);
    sleep(LOOK_EVERY_SECONDS);
  }
  const third = Math.floor(seen.length / 3);
  const thirds = [seen.slice(third, 2 * third + 1), seen.slice(2 * third)];
  const [second, last] = thirds.map((part) => ({
    mib: Math.max(...part.map((one) => one.mib)),
    mean: mean(part[0], part[part.length - 1]),
  }));
  memoryGrowth.add(last.mib / second.mib);
  latencyGrowth.add(last.mean / second.mean);
  console.log(
    `MiB at most ${second.mib.toFixed()}, then ${last.mib.toFixed()}; ` +
      `mean ms ${(second.mean * 1e3).toFixed(2)}, then ${(last.mean * 1e3).toFixed(2)}`,
  );
}

function look() {
  const now = metrics();
  const requests = 'api_request_seconds';
  return {
    mib: sum(now, 'process_resident_memory_bytes') / MIB,
    seconds: sum(now, `${requests}_sum`),
    count: sum(now, `${requests}_count`),
  };
}

function mean(from, to) {
  return (to.seconds - from.seconds) / (to.count - from.count);
}

// A shop that falls behind with what it owes is not in balance.
export function teardown(before) {
  settled(before, 60);
}
