import { errorCode } from './error-code.ts';

/** Describes an error of the file system for a message. */
export function pathReason(error: unknown): string {
  const reasons: Partial<Record<string, string>> = {
    ENAMETOOLONG: 'it, or a name in it, is too long',
    ELOOP: 'its links lead in a circle',
    ENOTDIR: 'a part of it is a file, not a folder',
    EEXIST: 'there is a file of that name',
    ENOENT: 'nothing can be made there',
    EACCES: 'you have no permission to write there',
    EPERM: 'you have no permission to write there',
    EROFS: 'that file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'your share of the disk is full',
    ERR_INVALID_ARG_VALUE: 'it holds a character that no path may hold',
  };
  return reasons[errorCode(error)] ?? (error instanceof Error ? error.message : String(error));
}
