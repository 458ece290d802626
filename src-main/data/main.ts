import { resolve } from 'node:path';
import { answerCalls } from '../processes/answer-calls.ts';
import type { DataCalls } from './calls.ts';
import { detectDataset } from './formats/find-source.ts';
import { prepareDataset } from './prepared/prepare.ts';
import { profileDataset } from './prepared/profile.ts';

/** The data process reads data files, so that core stays responsive. It exits when core exits. */
answerCalls<DataCalls>({
  detect: ({ path, projectFolder }) => detectDataset(resolve(projectFolder, path)),
  profile: ({ document, projectFolder }) => profileDataset(document, projectFolder),
  prepare: async ({ document, projectFolder }) => {
    const { spec, rows } = await prepareDataset(document, projectFolder);
    return { spec, rows };
  },
});

process.on('disconnect', () => process.exit(0));
