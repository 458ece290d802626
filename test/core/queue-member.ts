// A core with runs in the queue of a configuration folder. Arguments: CONFIG MARK ROUNDS.
// With ROUNDS 0 it trains one run until it is killed, and writes MARK once that run has started. Otherwise it trains
// ROUNDS runs one after the other, each as a critical section with the file MARK.
import { writeFileSync } from 'node:fs';
import { TrainingQueue } from '../../src-main/core/training/training-queue.ts';
import { enterCriticalSection } from '../support/critical-section.ts';

const [config = '', mark = '', rounds] = process.argv.slice(2);
const queue = new TrainingQueue(config, { limit: async () => 1 });
setInterval(() => {}, 60_000);

function train(round: number): Promise<() => void> {
  const run = { folder: '/project', project: 'project', runId: `run-${round}`, number: round + 1, name: 'run' };
  return new Promise((resolve) => {
    const place = queue.enter(run, { start: () => resolve(() => place.leave()), remove: () => {} });
  });
}

if (Number(rounds) === 0) {
  await train(0);
  writeFileSync(mark, '');
} else {
  for (let round = 0; round < Number(rounds); round += 1) {
    const leave = await train(round);
    await enterCriticalSection(mark);
    leave();
  }
  await queue.close();
  process.exit(0);
}
