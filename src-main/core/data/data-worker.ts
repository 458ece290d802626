import { resolve } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { detectDataset } from '../../data/prepared/detect.ts';
import { prepareDataset } from '../../data/prepared/prepare.ts';
import { profileDataset } from '../../data/prepared/profile.ts';
import type { DataJobMessage, DataJobReply, DataJobs } from './data-jobs.ts';

/** The thread that reads data files, so that core goes on answering meanwhile. One job at a time. */
let queue: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: DataJobMessage) => {
  queue = queue.then(async () => {
    const reply = await run(message).then(
      (result): DataJobReply => ({ id: message.id, result }),
      (error: unknown): DataJobReply => ({ id: message.id, error: AppError.from(error).toJSON() }),
    );
    parentPort?.postMessage(reply);
  });
});

async function run(message: DataJobMessage): Promise<DataJobs[keyof DataJobs]['result']> {
  if (message.name === 'detect') return detectDataset(resolve(message.params.projectFolder, message.params.path));
  const { document, projectFolder } = message.params;
  if (message.name === 'profile') return profileDataset(document, projectFolder);
  const { spec, rows } = await prepareDataset(document, projectFolder);
  return { spec, rows };
}
