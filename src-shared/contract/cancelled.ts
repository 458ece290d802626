import { AppError } from '../errors/app-error.ts';

/** Error of a request that was aborted, in the window and in core. */
export function requestCancelled(name: string): AppError {
  return new AppError('request/cancelled', `'${name}' was cancelled. Start it again to get a result.`, { name });
}
