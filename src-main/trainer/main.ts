import { AppError } from '../../src-shared/errors/app-error.ts';
import { Hold } from './hold.ts';
import { JobRunner } from './job-runner.ts';
import type { FromTrainer, ToTrainer } from '../training-protocol/protocol.ts';
import { trainRun } from './train-run.ts';

/**
 * The trainer process: forked by core with a message channel, it trains one run and ends, or
 * does short jobs until core ends it. It ends by itself when core is gone.
 */
const stopping = new AbortController();
const hold = new Hold();
const jobs = new JobRunner();

function send(message: FromTrainer): void {
  if (process.connected) process.send?.(message);
}

/** Ends once core has everything. */
function end(message: FromTrainer): void {
  process.send?.(message, undefined, undefined, () => process.exit(0));
}

process.on('disconnect', () => process.exit(0));
// Core ends an idle worker so; a training that has not answered a stop is given up.
process.on('SIGTERM', () => void jobs.close().finally(() => process.exit(143)));
// A terminal's Ctrl+C reaches the whole group; core decides what becomes of the run.
process.on('SIGINT', () => {});

process.on('message', (message: ToTrainer) => {
  if (message.kind === 'stop') stopping.abort();
  if (message.kind === 'hold') hold.begin();
  if (message.kind === 'release') hold.end();
  if (message.kind === 'train') {
    trainRun(message.job, send, stopping.signal, hold).then(
      (state) => end({ kind: 'finished', state }),
      (error: unknown) => end({ kind: 'failed', error: AppError.from(error).toJSON() }),
    );
  }
  if (message.kind === 'job') {
    const { id, name, params } = message;
    jobs.run(name, params).then(
      (result) => send({ kind: 'result', id, result }),
      (error: unknown) => send({ kind: 'error', id, error: AppError.from(error).toJSON() }),
    );
  }
});
