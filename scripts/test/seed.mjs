import { spawnSync } from 'node:child_process';
import { root } from '../prepare/paths.mjs';

/** Derives the seed from the commit; prints it and how to use it again. */
export function commitSeed() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  const commit = stdout?.trim() ?? '';
  // Without git the seed is always the same.
  const seed = commit === '' ? 1 : Number.parseInt(commit.slice(0, 8), 16);
  console.log(`Seed ${seed} of commit ${commit || 'unknown'}; again: LAMINA_SEED=${seed}`);
  return seed;
}
