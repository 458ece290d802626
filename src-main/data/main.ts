import { resolve } from 'node:path';
import type { RequestProgress } from '../../src-shared/contract/contract.ts';
import { answerCalls, type CallContext } from '../processes/answer-calls.ts';
import type { DataCalls } from './calls.ts';
import { detectDataset } from './formats/find-source.ts';
import { picturesPage } from './prepared/pictures-page.ts';
import { prepareDataset } from './prepared/prepare.ts';
import { profileDataset } from './prepared/profile.ts';
import type { PrepareOptions } from './rows/dataset.ts';

/** The data process reads data files, so that core stays responsive. It exits when core exits. */
answerCalls<DataCalls>({
  detect: ({ path, projectFolder }) => detectDataset(resolve(projectFolder, path)),
  profile: ({ document, projectFolder }, context) => profileDataset(document, projectFolder, reporting(context)),
  pictures: ({ document, projectFolder, ...page }, { signal }) => picturesPage(document, projectFolder, page, signal),
  prepare: async ({ document, projectFolder }, context) => {
    const { spec, rows } = await prepareDataset(document, projectFolder, reporting(context));
    return { spec, rows };
  },
});

const reporting = ({ signal, onProgress }: CallContext<RequestProgress>): PrepareOptions => ({
  signal,
  onProgress: (fraction, activity) => onProgress({ fraction, activity }),
});

process.on('disconnect', () => process.exit(0));
