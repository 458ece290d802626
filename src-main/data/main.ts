import { resolve } from 'node:path';
import { answerCalls } from '../processes/answer-calls.ts';
import type { DataCalls } from './calls.ts';
import { detectDataset } from './formats/find-source.ts';
import { picturesPage } from './prepared/pictures-page.ts';
import { prepareDataset } from './prepared/prepare.ts';
import { profileDataset } from './prepared/profile.ts';

/** The data process reads data files, so that core stays responsive. It exits when core exits. */
answerCalls<DataCalls>({
  detect: ({ path, projectFolder }) => detectDataset(resolve(projectFolder, path)),
  profile: ({ document, projectFolder }, { signal }) => profileDataset(document, projectFolder, { signal }),
  pictures: ({ document, projectFolder, ...page }, { signal }) => picturesPage(document, projectFolder, page, signal),
  prepare: async ({ document, projectFolder }, { signal }) => {
    const { spec, rows } = await prepareDataset(document, projectFolder, { signal });
    return { spec, rows };
  },
});

process.on('disconnect', () => process.exit(0));
