// A core with runs in the queue of a configuration folder. Arguments: CONFIG MARK ROUNDS.
// With ROUNDS 0 it trains one run until it is killed, and writes MARK once that run has started. Otherwise it trains
// ROUNDS runs one after the other and kills itself at random while one trains. Exit status 3: another one trained too.
import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { TrainingQueue } from '../../src-main/core/training/training-queue.ts';

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
    try {
      writeFileSync(mark, '', { flag: 'wx' });
    } catch {
      process.exit(3);
    }
    await delay(randomInt(3));
    rmSync(mark);
    if (randomInt(5) === 0) process.kill(process.pid, 'SIGKILL');
    leave();
  }
  await queue.close();
  process.exit(0);
}
