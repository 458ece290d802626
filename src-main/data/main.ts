import { resolve } from 'node:path';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import type { DataSource } from '../../src-shared/data/dataset-document.ts';
import { answerCalls, type CallContext } from '../processes/answer-calls.ts';
import { enforceMemoryLimit } from '../processes/memory-limit.ts';
import type { DataCalls } from './calls.ts';
import { detectKnown } from './cache/detect-known.ts';
import { picturesPage } from './prepared/pictures-page.ts';
import { prepareDataset } from './prepared/prepare.ts';
import { profileDataset } from './prepared/profile.ts';
import type { PrepareOptions } from './rows/dataset.ts';

/** Reads data files, so that core stays responsive. The process exits when core exits. */
enforceMemoryLimit();

answerCalls<DataCalls>({
  detect: ({ path, replaced, projectFolder }, { signal, onProgress }) =>
    detectKnown(resolve(projectFolder, path), replaced && withAbsolutePath(replaced, projectFolder), {
      signal,
      onProgress: (fraction, activity) => onProgress({ fraction, activity }),
    }),
  profile: ({ document, projectFolder }, context) => profileDataset(document, projectFolder, reporting(context)),
  pictures: ({ document, projectFolder, ...page }, { signal, onProgress }) => {
    onProgress({ fraction: null, activity: 'Reading pictures' });
    return picturesPage(document, projectFolder, page, signal);
  },
  prepare: async ({ document, projectFolder }, context) => {
    const { spec, rows } = await prepareDataset(document, projectFolder, reporting(context));
    return { spec, rows };
  },
});

function withAbsolutePath(source: DataSource, projectFolder: string): DataSource {
  if (source.kind === 'generated' || source.path === '') return source;
  return { ...source, path: resolve(projectFolder, source.path) };
}

const reporting = ({ signal, onProgress }: CallContext<RequestProgress>): PrepareOptions => ({
  signal,
  onProgress: (fraction, activity) => onProgress({ fraction, activity }),
});

process.on('disconnect', () => process.exit(0));
