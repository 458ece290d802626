import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/** A temporary copy of a bundled example, without runs that were made in its folder. @returns The project folder. */
export function copyExample(example: string): string {
  const folder = join(temporaryFolder(), example);
  cpSync(join(import.meta.dirname, '../../examples', example), folder, {
    recursive: true,
    filter: (path) => !path.includes('runs.sqlite') && !path.endsWith('artifacts'),
  });
  return folder;
}
