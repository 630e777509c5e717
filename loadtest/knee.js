// Finds the knee: as many purchases a second as are finished when 64 buyers never pause. Prints
// that number and nothing else.
//
// Why: the soak runs at half the knee, and where that is depends on the machine.
// Promise: only purchases count in which every answer was right; where some are not, there is no
// knee to be told, and the run fails.

import { Counter } from 'k6/metrics';
import purchase from './checkout.js';

export const options = {
  scenarios: {
    purchases: { executor: 'constant-vus', vus: 64, duration: __ENV.KNEE_DURATION || '20s' },
  },
  thresholds: {
    checks: ['rate>0.999'],
    finished: ['count>0'],
    lost: ['count==0'],
  },
};

const finished = new Counter('finished');

export default function buy() {
  if (purchase()) finished.add(1);
}

export function handleSummary({ metrics }) {
  const rate = metrics.finished ? metrics.finished.values.rate : 0;
  return { stdout: `${Math.floor(rate)}\n` };
}
