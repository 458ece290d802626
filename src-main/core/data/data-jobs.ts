import type { AppErrorData } from '../../../src-shared/errors/app-error.ts';
import type { CheckedParams, RequestResult, SlowRequestName } from '../../../src-shared/contract/contract.ts';

/** Slow requests on data are jobs of the data worker. */
export type DataJobName = SlowRequestName extends infer Name
  ? Name extends `dataset.${infer Job}`
    ? Job
    : never
  : never;

export type DataJobs = {
  [Name in DataJobName]: {
    params: CheckedParams<`dataset.${Name}`> & { projectFolder: string };
    result: RequestResult<`dataset.${Name}`>;
  };
};

export type DataJobMessage = {
  [Name in DataJobName]: { id: number; name: Name; params: DataJobs[Name]['params'] };
}[DataJobName];

export type DataJobReply = { id: number; result: unknown } | { id: number; error: AppErrorData };
