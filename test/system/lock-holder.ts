// Takes a lock ROUNDS times, each as a critical section with the file MARK. Arguments: KIND PATH MARK ROUNDS.
// KIND is 'project' (PATH is its folder) or 'install'.
import { withFolderLock } from '../../src-main/core/projects/documents/folder-lock.ts';
import { withLock } from '../../src-main/engine-setup/lock.ts';
import { enterCriticalSection } from '../support/critical-section.ts';

const [kind, path = '', mark = '', rounds] = process.argv.slice(2);

for (let round = 0; round < Number(rounds); round += 1) {
  if (kind === 'project') await withFolderLock(path, () => enterCriticalSection(mark));
  else
    await withLock(
      path,
      () => {},
      () => enterCriticalSection(mark),
    );
}
