import type { AppErrorData } from '../../../src-shared/errors/app-error.ts';
import type { RequestResult } from '../../../src-shared/contract/contract.ts';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';

/** What the data worker does: everything that reads whole data files. */
export interface DataJobs {
  detect: { params: { path: string; projectFolder: string }; result: RequestResult<'dataset.detect'> };
  profile: { params: { document: DatasetDocument; projectFolder: string }; result: RequestResult<'dataset.profile'> };
  prepare: { params: { document: DatasetDocument; projectFolder: string }; result: RequestResult<'dataset.prepare'> };
}
export type DataJobName = keyof DataJobs;

export type DataJobMessage = {
  [Name in DataJobName]: { id: number; name: Name; params: DataJobs[Name]['params'] };
}[DataJobName];

export type DataJobReply = { id: number; result: unknown } | { id: number; error: AppErrorData };
