import { spawnSync } from 'node:child_process';
import { root } from '../prepare/paths.mjs';

/** The seed that the commit gives, printed with how the same cases are drawn again. */
export function commitSeed() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  const commit = stdout?.trim() ?? '';
  // Without git there is no commit, and always the same seed.
  const seed = commit === '' ? 1 : Number.parseInt(commit.slice(0, 8), 16);
  console.log(`Seed ${seed} of commit ${commit || 'unknown'}; again: LAMINA_SEED=${seed}`);
  return seed;
}
