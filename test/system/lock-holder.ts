// Takes a lock ROUNDS times and kills itself at random while it holds it. Arguments: KIND PATH MARK ROUNDS.
// Exit status 0: done; 3: another process was inside. KIND is 'project' (PATH is its folder) or 'install'.
import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { withFolderLock } from '../../src-main/core/projects/documents/folder-lock.ts';
import { withLock } from '../../src-main/engine-setup/lock.ts';

const [kind, path = '', mark = '', rounds] = process.argv.slice(2);

async function inside(): Promise<void> {
  try {
    writeFileSync(mark, '', { flag: 'wx' });
  } catch {
    process.exit(3);
  }
  await delay(randomInt(3));
  rmSync(mark);
  if (randomInt(5) === 0) process.kill(process.pid, 'SIGKILL');
}

for (let round = 0; round < Number(rounds); round += 1) {
  if (kind === 'project') await withFolderLock(path, inside);
  else await withLock(path, () => {}, inside);
}
