import { AppError } from '../../src-shared/errors/app-error.ts';
import { answerCalls } from '../processes/answer-calls.ts';
import { checkedJob } from '../training-protocol/protocol.ts';
import type { FromTrainer, ToTrainer, TrainerCalls } from '../training-protocol/protocol.ts';
import { CommandQueue } from './training/command-queue.ts';
import { Hold } from './training/hold.ts';
import { JobRunner } from './job-runner.ts';
import { trainRun } from './training/train-run.ts';

/**
 * The trainer process: trains one run and ends, or answers calls until core ends it. It ends when core is gone.
 */
const stopping = new AbortController();
const hold = new Hold();
const commands = new CommandQueue();
const jobs = new JobRunner();
let training = false;

answerCalls<TrainerCalls>(jobs.handlers);

process.on('disconnect', () => process.exit(0));
/** `seq` of no command of core, which counts from 1. */
const OWN = 0;

// Core ends an idle process with SIGTERM. Schedulers send it to all processes of a job: a training saves and stops.
process.on('SIGTERM', () => {
  if (!training) return void jobs.close().finally(() => process.exit(143));
  commands.add({ seq: OWN, command: { kind: 'stop', when: 'now' } });
  stopping.abort();
});

process.on('message', (message: ToTrainer) => {
  if (message.kind === 'command') {
    commands.add(message);
    if (message.command.kind === 'stop' && message.command.when === 'now') stopping.abort();
  }
  if (message.kind === 'hold') hold.begin();
  if (message.kind === 'release') hold.end();
  if (message.kind === 'train') void train(message.job);
});

async function train(job: unknown): Promise<void> {
  training = true;
  try {
    end({ kind: 'finished', ...(await trainRun(checkedJob(job), send, stopping.signal, hold, commands)) });
  } catch (error) {
    end({ kind: 'failed', error: AppError.from(error).toJSON() });
  }
}

function send(message: FromTrainer): void {
  if (process.connected) process.send?.(message);
}

/** Ends once core has received everything. */
function end(message: FromTrainer): void {
  process.send?.(message, undefined, undefined, () => process.exit(0));
}
