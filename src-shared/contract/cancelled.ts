import { AppError } from '../errors/app-error.ts';

/** Error code of a request that was aborted, in the window and in core. */
export const REQUEST_CANCELLED = 'request/cancelled';

export function requestCancelled(name: string): AppError {
  return new AppError(REQUEST_CANCELLED, `'${name}' was cancelled. Start it again to get a result.`, { name });
}
