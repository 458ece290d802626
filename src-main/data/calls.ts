import type { CheckedParams, RequestResult, SlowRequestName } from '../../src-shared/contract/contract.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';

/** Slow requests on data, which core forwards to the data process. */
type CallName = SlowRequestName extends infer Name ? (Name extends `dataset.${infer Call}` ? Call : never) : never;

export type DataCalls = {
  [Name in CallName]: {
    params: CheckedParams<`dataset.${Name}`> & { projectFolder: string };
    result: RequestResult<`dataset.${Name}`>;
    progress: RequestProgress;
  };
};
